#include "tools/sluicectl/password.h"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <utility>

#include "server/base/printable.h"

namespace sluice::sluicectl {
namespace {

// What a signal that ends the program brings back first.
termios before_prompt;

constexpr int kEndingSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Of functions that a handler may call there are only these here, see signal-safety(7).
void RestoreAndEnd(int signal_number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &before_prompt);
  const char newline = '\n';
  (void)!write(STDERR_FILENO, &newline, 1);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

// While it lives the terminal does not show what is typed, and shows it again however the program
// ends; it cannot be stopped (Ctrl-Z), which would leave the shell without an echo.
class SilentTerminal {
 public:
  SilentTerminal() {
    for (size_t i = 0; i < std::size(kEndingSignals); ++i) {
      struct sigaction action {};
      action.sa_handler = &RestoreAndEnd;
      sigaction(kEndingSignals[i], &action, &actions_[i]);
    }
    termios silent = before_prompt;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_prompt);
    for (size_t i = 0; i < std::size(kEndingSignals); ++i) {
      sigaction(kEndingSignals[i], &actions_[i], nullptr);
    }
    std::cerr << "\n";
  }

 private:
  struct sigaction actions_[std::size(kEndingSignals)] = {};
};

absl::StatusOr<std::string> Checked(std::string password) {
  if (base::IsUtf8(password)) return password;
  return absl::InvalidArgumentError("a password must be UTF-8; nothing was changed");
}

absl::StatusOr<std::string> PromptForPassword(const char* prompt) {
  if (tcgetattr(STDIN_FILENO, &before_prompt) != 0) {
    return absl::InvalidArgumentError(
        "there is no terminal to ask for the password on; pipe it in with --password-stdin");
  }
  const SilentTerminal silent;
  std::cerr << prompt << std::flush;
  std::string password;
  std::getline(std::cin, password);
  return password;
}

}  // namespace

absl::StatusOr<std::string> ReadPassword(bool from_stdin) {
  if (from_stdin) {
    std::string password;
    std::getline(std::cin, password);
    // A file from Windows ends its lines with both.
    if (!password.empty() && password.back() == '\r') password.pop_back();
    return Checked(std::move(password));
  }
  absl::StatusOr<std::string> first = PromptForPassword("Password: ");
  if (!first.ok()) return first;
  const absl::StatusOr<std::string> second = PromptForPassword("Again: ");
  if (second.ok() && *second != *first) {
    return absl::InvalidArgumentError("the two passwords differ; nothing was changed");
  }
  return first.ok() ? Checked(*std::move(first)) : first;
}

}  // namespace sluice::sluicectl
