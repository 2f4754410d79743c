// What the server offers and asks for in a negotiation.
#ifndef SLUICE_SERVER_SESSION_SERVER_OPTIONS_H_
#define SLUICE_SERVER_SESSION_SERVER_OPTIONS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "crypto/algorithms.h"
#include "proto/smb2/negotiate.h"
#include "server/base/limits.h"

namespace sluice::session {

// Immutable once a connection is given it; a changed preference makes a new one for the connections
// to come.
struct ServerOptions {
  std::array<uint8_t, 16> guid{};
  // In order of preference; what a 3.1.1 client offers is searched in this order. It says nothing
  // about the older dialects, which have one algorithm each, nor about a 3.1.1 client that offers
  // none of these or sends no list: those get AES-128-CMAC, as the specification has it.
  std::vector<crypto::SigningAlgorithm> signing_algorithms = {
      crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
      crypto::SigningAlgorithm::kHmacSha256};
  // In order of preference; empty: no encryption. 3.0 and 3.0.2 know AES-128-CCM only.
  std::vector<crypto::Cipher> ciphers;
  bool signing_required = true;
  bool leasing = false;
  bool directory_leasing = false;
  bool multi_channel = false;
  bool persistent_handles = false;
  proto::Dialect dialect_min = proto::Dialect::kSmb202;
  proto::Dialect dialect_max = proto::Dialect::kSmb311;
  // With multi-credit support; 65,536 without.
  uint32_t transact_bytes_max = limits::transact_bytes_max;
  uint32_t read_bytes_max = limits::read_bytes_max;
  uint32_t write_bytes_max = limits::write_bytes_max;
};

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_SERVER_OPTIONS_H_
