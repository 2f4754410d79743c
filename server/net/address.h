// Socket addresses as text.
#ifndef SLUICE_SERVER_NET_ADDRESS_H_
#define SLUICE_SERVER_NET_ADDRESS_H_

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::net {

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

// "192.0.2.1:445", "[2001:db8::1]:445"; the host "*" or "" means every IPv4 address. Numeric only.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// The same form; "unknown" for other families.
std::string FormatAddress(const Address& address);

// Whether the addresses are alike but for the port, as those of a connection's two ends are where
// both are on one machine.
bool SameHost(const Address& a, const Address& b);

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_ADDRESS_H_
