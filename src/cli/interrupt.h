/// SIGINT, SIGTERM, SIGHUP and SIGUSR1: the first asks the runs to stop after their step, a second
/// ends at once.
#pragma once

namespace initbench {

void catch_interrupts();

/// The signal that came, or 0. SIGUSR1, with which batch systems announce the end, is SIGTERM.
int interrupt_received();

}  // namespace initbench
