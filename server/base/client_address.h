// What clients are told apart by.
#ifndef SLUICE_SERVER_BASE_CLIENT_ADDRESS_H_
#define SLUICE_SERVER_BASE_CLIENT_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::base {

// "192.0.2.7:50123" -> "192.0.2.7", "[2001:db8::1]:50123" -> "2001:db8::1"; an IPv4 address in
// IPv6's clothes is an IPv4 address. Anything else stays as it is. For people.
std::string AddressOf(absl::string_view peer);

// Whoever counts clients counts these: an IPv4 address, or the /64 that an IPv6 address is in,
// which is what one customer has: "2001:db8::". `peer` as above, with or without a port.
std::string ClientAddress(absl::string_view peer);

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_CLIENT_ADDRESS_H_
