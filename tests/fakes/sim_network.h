// TCP connections without a kernel: the server's end is a descriptor number that only a SimRing
// understands, the other end is an object for the test.
#ifndef SLUICE_TESTS_FAKES_SIM_NETWORK_H_
#define SLUICE_TESTS_FAKES_SIM_NETWORK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::fakes {

// Descriptors from here on are simulated; those below are the machine's own.
inline constexpr int kFirstSimFd = 1 << 24;

// The client's end, for the test. Bytes written have arrived at once.
class SimPeer {
 public:
  void Write(absl::string_view bytes);
  // Everything that the server has sent since the last call; makes room for more.
  std::string Read();
  // A clean end: the server reads what is left, then the end of the file.
  void Close() { closed_ = true; }
  // The connection is lost at once, with everything on its way.
  void Reset() { reset_ = true; }

  int fd() const { return fd_; }
  // Whether the server has closed its end.
  bool closed_by_server() const { return closed_by_server_; }
  bool closed() const { return closed_ || reset_; }
  size_t unread_by_server() const { return to_server_.size(); }

 private:
  friend class SimNetwork;
  friend class SimRing;

  int fd_ = -1;
  std::deque<char> to_server_;
  std::deque<char> to_peer_;
  size_t send_room_ = 0;  // how much the server's socket holds before the peer reads
  bool closed_ = false;
  bool reset_ = false;
  bool closed_by_server_ = false;
};

class SimNetwork {
 public:
  // The server's socket takes `send_room_bytes` that the peer has not read.
  SimPeer& Connect(size_t send_room_bytes = 256u << 10);
  SimPeer* Find(int fd);

 private:
  int next_fd_ = kFirstSimFd;
  std::map<int, std::unique_ptr<SimPeer>> peers_;
};

}  // namespace sluice::fakes

#endif  // SLUICE_TESTS_FAKES_SIM_NETWORK_H_
