#include "tools/sluicectl/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace sluice::sluicectl {
namespace {

constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l";
constexpr char kLeave[] = "\x1b[?25h\x1b[?1049l";
constexpr char kEscape = 0x1b;

void WriteAll(const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(STDOUT_FILENO, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    written += static_cast<size_t>(n);
  }
}

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

bool Terminal::Open() {
  if (isatty(STDOUT_FILENO) == 0 || tcgetattr(STDIN_FILENO, &before_) != 0) return false;
  const sigset_t signals = Signals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signals_ = signalfd(-1, &signals, SFD_CLOEXEC);
  Enter();
  open_ = true;
  return true;
}

Terminal::~Terminal() {
  if (!open_) return;
  Leave();
  close(signals_);
  const sigset_t signals = Signals();
  sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

void Terminal::Enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  WriteAll(kEnter);
  Measure();
}

void Terminal::Leave() {
  WriteAll(kLeave);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

// As the shell that stopped the program expects; returns when it goes on.
void Terminal::Stop() {
  Leave();
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  raise(SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &stop, nullptr);  // here it stops
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  Enter();
}

void Terminal::Measure() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
  rows_ = size.ws_row;
  columns_ = size.ws_col;
}

// Each line is followed by what erases the rest of it, so that nothing flickers.
void Terminal::Show(const std::string& text) {
  std::string out = "\x1b[H";
  for (const char c : text) {
    if (c == '\n') out += "\x1b[K\r";
    out += c;
  }
  WriteAll(out + "\x1b[K\x1b[J");
}

int Terminal::WaitForKey(int millis) {
  pollfd polled[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
  if (poll(polled, 2, millis) <= 0) return kNoKey;
  if (polled[1].revents != 0) {
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof(info)) != sizeof(info)) return kEnd;
    if (info.ssi_signo == SIGTSTP) {
      Stop();
      return kResized;
    }
    if (info.ssi_signo != SIGWINCH) return kEnd;
    Measure();
    return kResized;
  }
  char keys[16];
  const ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));
  if (got <= 0) return kEnd;
  // Arrows and the like come as several characters; none of them means anything here.
  return got > 1 && keys[0] == kEscape ? kNoKey : static_cast<unsigned char>(keys[0]);
}

}  // namespace sluice::sluicectl
