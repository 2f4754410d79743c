// NEGOTIATE [MS-SMB2] 2.2.3, 2.2.4.
#ifndef SLUICE_PROTO_SMB2_NEGOTIATE_H_
#define SLUICE_PROTO_SMB2_NEGOTIATE_H_

#include <array>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/smb2/negotiate_contexts.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

enum class Dialect : uint16_t {
  kSmb202 = 0x0202,
  kSmb210 = 0x0210,
  kSmb300 = 0x0300,
  kSmb302 = 0x0302,
  kSmb311 = 0x0311,
  // In the answer to an SMB1 negotiate that offers "SMB 2.???": another NEGOTIATE follows.
  kWildcard = 0x02FF,
};

// "2.0.2" to "3.1.1"; "2.???" for the wildcard and "unknown" for anything else.
absl::string_view Name(Dialect dialect);

inline constexpr uint16_t kSigningEnabled = 0x0001;
inline constexpr uint16_t kSigningRequired = 0x0002;

inline constexpr uint32_t kCapDfs = 0x00000001;
inline constexpr uint32_t kCapLeasing = 0x00000002;
inline constexpr uint32_t kCapLargeMtu = 0x00000004;
inline constexpr uint32_t kCapMultiChannel = 0x00000008;
inline constexpr uint32_t kCapPersistentHandles = 0x00000010;
inline constexpr uint32_t kCapDirectoryLeasing = 0x00000020;
inline constexpr uint32_t kCapEncryption = 0x00000040;
inline constexpr uint32_t kCapNotifications = 0x00000080;

struct NegotiateRequest {
  uint16_t security_mode = 0;
  uint32_t capabilities = 0;
  std::array<uint8_t, 16> client_guid{};
  // As on the wire, in the client's order; unknown ones too. Never empty after Decode.
  absl::InlinedVector<uint16_t, 8> dialects;
  // Only if the dialects have 3.1.1, and then possibly without any context.
  NegotiateContexts contexts;

  bool Offers(Dialect dialect) const;

  static bool Decode(absl::Span<const uint8_t> message, NegotiateRequest* out);
  void Encode(Writer& w) const;
};

struct NegotiateResponse {
  uint16_t security_mode = 0;
  Dialect dialect_revision = Dialect::kSmb202;
  std::array<uint8_t, 16> server_guid{};
  uint32_t capabilities = 0;
  uint32_t max_transact_size = 0;
  uint32_t max_read_size = 0;
  uint32_t max_write_size = 0;
  uint64_t system_time = 0;        // FILETIME
  uint64_t server_start_time = 0;  // FILETIME, or 0
  absl::Span<const uint8_t> security_buffer;
  NegotiateContexts contexts;  // with 3.1.1 only

  static bool Decode(absl::Span<const uint8_t> message, NegotiateResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_NEGOTIATE_H_
