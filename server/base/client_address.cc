#include "server/base/client_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/strip.h"

namespace sluice::base {
namespace {

bool ParseIpv6(const std::string& text, in6_addr* address) {
  return inet_pton(AF_INET6, text.c_str(), address) == 1;
}

}  // namespace

std::string AddressOf(absl::string_view peer) {
  const size_t colon = peer.rfind(':');
  if (colon == absl::string_view::npos) return std::string(peer);
  absl::string_view host = peer.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  if (host.find('.') != absl::string_view::npos) absl::ConsumePrefix(&host, "::ffff:");
  return std::string(host);
}

std::string ClientAddress(absl::string_view peer) {
  in6_addr parsed{};
  // Without brackets and port what AddressOf takes off would be the last group.
  std::string address(peer);
  if (!ParseIpv6(address, &parsed)) {
    address = AddressOf(peer);
    if (!ParseIpv6(address, &parsed)) return address;
  }
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    return inet_ntop(AF_INET, parsed.s6_addr + 12, text, sizeof(text));
  }
  std::fill(parsed.s6_addr + 8, parsed.s6_addr + 16, 0);
  return inet_ntop(AF_INET6, &parsed, text, sizeof(text));
}

}  // namespace sluice::base
