#include "benchmarks/load/limits/listen.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "server/net/address.h"

namespace sluice::bench {
namespace {

[[noreturn]] void Die(const char* what, const char* why) {
  std::fprintf(stderr, "limit server: %s: %s\n", what, why);
  std::exit(2);
}

}  // namespace

LimitServer StartLimitServer(int argc, char** argv) {
  if (argc != 3) Die("usage", "ADDRESS:PORT FILE");
  const absl::StatusOr<net::Address> address = net::ParseAddress(argv[1]);
  if (!address.ok()) Die(argv[1], "not a numeric ADDRESS:PORT");
  LimitServer server;
  server.file = open(argv[2], O_RDWR | O_CLOEXEC);
  struct stat facts {};
  if (server.file < 0 || fstat(server.file, &facts) != 0) Die(argv[2], std::strerror(errno));
  server.file_bytes = static_cast<uint64_t>(facts.st_size);
  if (server.file_bytes == 0) Die(argv[2], "the file is empty; it must hold what is read");
  server.listener = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(server.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  // As the gateway does for peers on its machine. Connections inherit it.
  setsockopt(server.listener, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  if (bind(server.listener, reinterpret_cast<const sockaddr*>(&address->storage), address->bytes) !=
          0 ||
      listen(server.listener, 1024) != 0) {
    Die(argv[1], std::strerror(errno));
  }
  net::Address bound;
  bound.bytes = sizeof(bound.storage);
  getsockname(server.listener, reinterpret_cast<sockaddr*>(&bound.storage), &bound.bytes);
  std::printf("listening on %s\n", net::FormatAddress(bound).c_str());
  std::fflush(stdout);
  return server;
}

int AcceptLimitConnection(const LimitServer& server) {
  const int fd = accept4(server.listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) Die("accept", std::strerror(errno));
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return fd;
}

}  // namespace sluice::bench
