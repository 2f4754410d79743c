// limit-blocking: the least that a server of one thread a connection can do: recv, pread into the
// response, send.

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>
#include <vector>

#include "benchmarks/load/limits/frames.h"
#include "benchmarks/load/limits/listen.h"
#include "proto/wire/netbios.h"

namespace sluice::bench {
namespace {

bool SendAll(int fd, const uint8_t* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    bytes -= static_cast<size_t>(sent);
  }
  return true;
}

class Connection {
 public:
  Connection(const LimitServer& server, int fd)
      : server_(server), fd_(fd), in_(2 * kLimitFrameBytesMax), out_(kLimitFrameBytesMax) {}

  void Serve() {
    for (;;) {
      const ssize_t got = recv(fd_, in_.data() + filled_, in_.size() - filled_, 0);
      if (got <= 0) break;
      filled_ += static_cast<size_t>(got);
      if (!ServeReceived()) break;
    }
    close(fd_);
  }

 private:
  bool ServeReceived() {
    size_t at = 0;
    proto::NetbiosHeader header;
    while (proto::NetbiosHeader::Decode({in_.data() + at, filled_ - at}, &header)) {
      if (header.length > kLimitFrameBytesMax) return false;
      if (filled_ - at < proto::kNetbiosHeaderBytes + header.length) break;
      LimitRequest request;
      if (!LimitRequest::Decode({in_.data() + at + proto::kNetbiosHeaderBytes, header.length},
                                &request) ||
          !Answer(request)) {
        return false;
      }
      at += proto::kNetbiosHeaderBytes + header.length;
    }
    std::memmove(in_.data(), in_.data() + at, filled_ - at);
    filled_ -= at;
    return true;
  }

  bool Answer(const LimitRequest& request) {
    const size_t head = LimitHeadBytes(request.command);
    const auto at = static_cast<off_t>(WrapOffset(server_, request.offset, request.length));
    ssize_t moved = 0;
    size_t bytes = head;
    if (request.command == LimitRequest::Command::kRead) {
      moved = pread(server_.file, out_.data() + head, request.length, at);
      if (moved < 0) return false;
      bytes += static_cast<size_t>(moved);
    } else if (request.command == LimitRequest::Command::kWrite) {
      moved = pwrite(server_.file, request.data.data(), request.length, at);
      if (moved < 0) return false;
    }
    EncodeLimitHead(request, static_cast<uint32_t>(moved), out_.data());
    return SendAll(fd_, out_.data(), bytes);
  }

  const LimitServer& server_;
  const int fd_;
  std::vector<uint8_t> in_;
  std::vector<uint8_t> out_;
  size_t filled_ = 0;
};

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const sluice::bench::LimitServer server = sluice::bench::StartLimitServer(argc, argv);
  for (;;) {
    const int fd = sluice::bench::AcceptLimitConnection(server);
    std::thread([&server, fd] { sluice::bench::Connection(server, fd).Serve(); }).detach();
  }
}
