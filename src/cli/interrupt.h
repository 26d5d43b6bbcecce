/// SIGINT and SIGTERM: the first asks the runs to stop after their step, a second ends at once.
#pragma once

namespace initbench {

void catch_interrupts();

/// The signal that came, or 0.
int interrupt_received();

}  // namespace initbench
