#include "tests/fakes/sim_network.h"

namespace sluice::fakes {

void SimPeer::Write(absl::string_view bytes) {
  to_server_.insert(to_server_.end(), bytes.begin(), bytes.end());
}

std::string SimPeer::Read() {
  std::string bytes(to_peer_.begin(), to_peer_.end());
  to_peer_.clear();
  return bytes;
}

SimPeer& SimNetwork::Connect(size_t send_room_bytes) {
  const int fd = next_fd_++;
  auto peer = std::make_unique<SimPeer>();
  peer->fd_ = fd;
  peer->send_room_ = send_room_bytes;
  return *peers_.emplace(fd, std::move(peer)).first->second;
}

SimPeer* SimNetwork::Find(int fd) {
  const auto found = peers_.find(fd);
  return found == peers_.end() ? nullptr : found->second.get();
}

}  // namespace sluice::fakes
