#include "tools/sluicectl/password.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "absl/cleanup/cleanup.h"

namespace sluice::sluicectl {
namespace {

absl::StatusOr<std::string> PromptForPassword(const char* prompt) {
  termios before{};
  if (tcgetattr(STDIN_FILENO, &before) != 0) {
    return absl::InvalidArgumentError(
        "there is no terminal to ask for the password on; pipe it in with --password-stdin");
  }
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  const absl::Cleanup restore = [&before] {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << "\n";
  };
  std::cerr << prompt;
  std::string password;
  std::getline(std::cin, password);
  return password;
}

}  // namespace

absl::StatusOr<std::string> ReadPassword(bool from_stdin) {
  if (from_stdin) {
    std::string password;
    std::getline(std::cin, password);
    return password;
  }
  absl::StatusOr<std::string> first = PromptForPassword("Password: ");
  if (!first.ok()) return first;
  const absl::StatusOr<std::string> second = PromptForPassword("Again: ");
  if (second.ok() && *second != *first) {
    return absl::InvalidArgumentError("the two passwords differ; nothing was changed");
  }
  return first;
}

}  // namespace sluice::sluicectl
