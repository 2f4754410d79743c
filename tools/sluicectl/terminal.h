// A terminal that a full-screen program shows itself on.
#ifndef SLUICE_TOOLS_SLUICECTL_TERMINAL_H_
#define SLUICE_TOOLS_SLUICECTL_TERMINAL_H_

#include <termios.h>

#include <string>

namespace sluice::sluicectl {

// While it lives the terminal shows the alternate screen and gives keys at once, unechoed. Signals
// that end the program, and the one that tells of another size, become keys; while the program is
// stopped (Ctrl-Z) the terminal is as it was before. One at a time.
class Terminal {
 public:
  static constexpr int kNoKey = -1;
  static constexpr int kResized = -2;
  static constexpr int kEnd = -3;  // a signal, or no terminal any more

  // False where standard input or output is none; then there is no other use.
  bool Open();
  ~Terminal();
  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int rows() const { return rows_; }
  int columns() const { return columns_; }

  // Puts lines on the screen, from the top; what is behind them goes. `text` fits.
  void Show(const std::string& text);
  // The next key within `millis`, or one of the constants.
  int WaitForKey(int millis);

 private:
  void Enter();
  void Leave();
  void Stop();
  void Measure();

  bool open_ = false;
  termios before_{};
  int signals_ = -1;
  int rows_ = 24;
  int columns_ = 80;
};

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_TERMINAL_H_
