#include "server/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::net {

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
      port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not HOST:PORT with a port up to 65535"));
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string name(host == "*" || host.empty() ? "0.0.0.0" : host);
  Address address;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (!bracketed && inet_pton(AF_INET, name.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    std::memcpy(&address.storage, &v4, sizeof(v4));
    address.bytes = sizeof(v4);
    return address;
  }
  if (bracketed && inet_pton(AF_INET6, name.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    std::memcpy(&address.storage, &v6, sizeof(v6));
    address.bytes = sizeof(v6);
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\": the host must be a numeric IPv4 address or [IPv6]"));
}

std::string FormatAddress(const Address& address) {
  char host[INET6_ADDRSTRLEN] = {};
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof(v4));
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
    return absl::StrCat(host, ":", ntohs(v4.sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof(v6));
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
    return absl::StrCat("[", host, "]:", ntohs(v6.sin6_port));
  }
  return "unknown";
}

bool SameHost(const Address& a, const Address& b) {
  const std::string first = FormatAddress(a);
  const std::string second = FormatAddress(b);
  const size_t host = first.rfind(':');
  return host != std::string::npos && host == second.rfind(':') &&
         first.compare(0, host, second, 0, host) == 0;
}

}  // namespace sluice::net
