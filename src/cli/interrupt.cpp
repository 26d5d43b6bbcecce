#include "cli/interrupt.h"

#include <signal.h>

#include <array>
#include <atomic>

namespace initbench {
namespace {

// A signal handler can reach nothing but objects of static storage.
std::atomic<int> received = 0;
constexpr std::array kSignals{SIGINT, SIGTERM, SIGUSR1};
static_assert(std::atomic<int>::is_always_lock_free, "safe inside a signal handler");

extern "C" void remember_signal(int number) {
  received = number == SIGUSR1 ? SIGTERM : number;
  for (const int known : kSignals) ::signal(known, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  for (const int number : kSignals) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;  // nohup, a background job of a script
    action = {};
    action.sa_handler = remember_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(number, &action, nullptr);
  }
}

int interrupt_received() { return received; }

}  // namespace initbench
