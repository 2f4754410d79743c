// What is in each create context. [MS-SMB2] 2.2.13.2.1 to .14 (requests), 2.2.14.2.1 to .12
// (responses). Decode() and Encode() are of the data alone.
//
// Contexts that are not here: ExtA and SecD hold an EA list and a security descriptor (see fscc);
// AAPL and POSIX are kept as bytes; an MxAc request without a timestamp and a QFid request are
// empty.
#ifndef SLUICE_PROTO_SMB2_CREATE_CONTEXT_TYPES_H_
#define SLUICE_PROTO_SMB2_CREATE_CONTEXT_TYPES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/status/nt_status.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

using Guid = std::array<uint8_t, 16>;  // as on the wire

// DHnQ, 2.2.13.2.3: 16 reserved bytes. The response, 2.2.14.2.3, is 8.
struct DurableRequest {
  static bool Decode(absl::Span<const uint8_t> data, DurableRequest* out);
  void Encode(Writer& w) const;
};
struct DurableResponse {
  static bool Decode(absl::Span<const uint8_t> data, DurableResponse* out);
  void Encode(Writer& w) const;
};

// DHnC, 2.2.13.2.4. A reconnect has no response context.
struct DurableReconnect {
  FileId file_id;

  static bool Decode(absl::Span<const uint8_t> data, DurableReconnect* out);
  void Encode(Writer& w) const;
};

// AlSi, 2.2.13.2.6: bytes to reserve; no response.
struct AllocationSizeContext {
  uint64_t bytes = 0;

  static bool Decode(absl::Span<const uint8_t> data, AllocationSizeContext* out);
  void Encode(Writer& w) const;
};

// MxAc, 2.2.13.2.5: with a timestamp the answer may be left out if nothing changed since.
struct MaximalAccessRequest {
  std::optional<uint64_t> timestamp;  // FILETIME

  static bool Decode(absl::Span<const uint8_t> data, MaximalAccessRequest* out);
  void Encode(Writer& w) const;
};
// 2.2.14.2.5.
struct MaximalAccessResponse {
  NtStatus status = NtStatus::kOk;
  uint32_t access = 0;

  static bool Decode(absl::Span<const uint8_t> data, MaximalAccessResponse* out);
  void Encode(Writer& w) const;
};

// TWrp, 2.2.13.2.7: FILETIME of the previous version to open.
struct Timewarp {
  uint64_t timestamp = 0;

  static bool Decode(absl::Span<const uint8_t> data, Timewarp* out);
  void Encode(Writer& w) const;
};

// QFid response, 2.2.14.2.9.
struct OnDiskIdResponse {
  uint64_t file_id = 0;
  uint64_t volume_id = 0;

  static bool Decode(absl::Span<const uint8_t> data, OnDiskIdResponse* out);
  void Encode(Writer& w) const;
};

namespace lease_state {
inline constexpr uint32_t kNone = 0;
inline constexpr uint32_t kRead = 0x01;
inline constexpr uint32_t kHandle = 0x02;
inline constexpr uint32_t kWrite = 0x04;
}  // namespace lease_state

// RqLs, requests and responses of both versions: 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10,
// 2.2.14.2.11. Version 1 is 32 bytes, version 2 is 52.
struct LeaseContext {
  static constexpr uint32_t kBreakInProgress = 0x02;
  static constexpr uint32_t kParentKeySet = 0x04;
  uint8_t version = 1;
  Guid key{};
  uint32_t state = 0;
  uint32_t flags = 0;
  Guid parent_key{};   // version 2, and only with kParentKeySet
  uint16_t epoch = 0;  // version 2

  static bool Decode(absl::Span<const uint8_t> data, LeaseContext* out);
  void Encode(Writer& w) const;
};

inline constexpr uint32_t kDurableFlagPersistent = 0x02;

// DH2Q, 2.2.13.2.11 and 2.2.14.2.12.
struct DurableRequestV2 {
  uint32_t timeout_ms = 0;
  uint32_t flags = 0;
  Guid create_guid{};

  static bool Decode(absl::Span<const uint8_t> data, DurableRequestV2* out);
  void Encode(Writer& w) const;
};
struct DurableResponseV2 {
  uint32_t timeout_ms = 0;
  uint32_t flags = 0;

  static bool Decode(absl::Span<const uint8_t> data, DurableResponseV2* out);
  void Encode(Writer& w) const;
};

// DH2C, 2.2.13.2.12.
struct DurableReconnectV2 {
  FileId file_id;
  Guid create_guid{};
  uint32_t flags = 0;

  static bool Decode(absl::Span<const uint8_t> data, DurableReconnectV2* out);
  void Encode(Writer& w) const;
};

// 2.2.13.2.13.
struct AppInstanceId {
  Guid id{};

  static bool Decode(absl::Span<const uint8_t> data, AppInstanceId* out);
  void Encode(Writer& w) const;
};

// 2.2.13.2.15.
struct AppInstanceVersion {
  uint64_t high = 0;
  uint64_t low = 0;

  static bool Decode(absl::Span<const uint8_t> data, AppInstanceVersion* out);
  void Encode(Writer& w) const;
};

// 2.2.13.2.14, both its versions ([MS-RSVD] 2.2.4.12 and 2.2.4.32); also what is answered.
struct SvhdxOpenDevice {
  uint32_t version = 1;
  bool has_initiator_id = false;
  Guid initiator_id{};
  uint32_t flags = 0;
  uint32_t originator_flags = 0;
  uint64_t open_request_id = 0;
  std::string initiator_host_name;  // UTF-8; at most 63 UTF-16 units
  // Version 2.
  uint32_t device_properties_initialized = 0;
  uint32_t server_service_version = 0;
  uint32_t virtual_sector_bytes = 0;
  uint32_t physical_sector_bytes = 0;
  uint64_t virtual_bytes = 0;

  static bool Decode(absl::Span<const uint8_t> data, SvhdxOpenDevice* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_CREATE_CONTEXT_TYPES_H_
