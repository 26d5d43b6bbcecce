#include "cli/interrupt.h"

#include <signal.h>

#include <array>
#include <atomic>

namespace initbench {
namespace {

// A signal handler can reach nothing but objects of static storage.
std::atomic<int> received = 0;
constexpr std::array kSignals{SIGINT, SIGTERM, SIGUSR1, SIGHUP};
std::array<std::atomic<bool>, kSignals.size()> caught{};
static_assert(std::atomic<int>::is_always_lock_free, "safe inside a signal handler");

extern "C" void remember_signal(int number) {
  received = number == SIGUSR1 ? SIGTERM : number;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (caught[i]) ::signal(kSignals[i], SIG_DFL);  // what was ignored remains so
  }
}

}  // namespace

void catch_interrupts() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    const int number = kSignals[i];
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;  // nohup, a background job of a script
    caught[i] = true;
    action = {};
    action.sa_handler = remember_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(number, &action, nullptr);
  }
}

int interrupt_received() { return received; }

}  // namespace initbench
