// The negotiate contexts of SMB 3.1.1 [MS-SMB2] 2.2.3.1, 2.2.4.1.
#ifndef SLUICE_PROTO_SMB2_NEGOTIATE_CONTEXTS_H_
#define SLUICE_PROTO_SMB2_NEGOTIATE_CONTEXTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

enum class NegotiateContextType : uint16_t {
  kPreauthIntegrity = 0x0001,
  kEncryption = 0x0002,
  kCompression = 0x0003,
  kNetname = 0x0005,
  kTransport = 0x0006,
  kRdmaTransform = 0x0007,
  kSigning = 0x0008,
  kPosix = 0x0100,
};

inline constexpr uint16_t kHashSha512 = 0x0001;
inline constexpr uint32_t kCompressionFlagChained = 0x00000001;
inline constexpr uint32_t kTransportAcceptsTransportSecurity = 0x00000001;
inline constexpr size_t kPosixContextBytes = 16;

// Lists of algorithm ids, in the peer's order of preference. Longer ones than the inlined part are
// bounded by a context's 65,535 bytes.
using AlgorithmIds = absl::InlinedVector<uint16_t, 8>;

struct PreauthIntegrityContext {
  AlgorithmIds hash_algorithms;
  absl::Span<const uint8_t> salt;
};

struct CompressionContext {
  AlgorithmIds algorithms;
  uint32_t flags = 0;
};

struct UnknownNegotiateContext {
  uint16_t type = 0;
  absl::Span<const uint8_t> data;
};

// A message's list of contexts. Spans are views into what was decoded.
struct NegotiateContexts {
  std::optional<PreauthIntegrityContext> preauth_integrity;
  std::optional<AlgorithmIds> ciphers;
  std::optional<CompressionContext> compression;
  std::optional<absl::Span<const uint8_t>> netname;  // UTF-16LE
  std::optional<uint32_t> transport_flags;
  std::optional<AlgorithmIds> rdma_transforms;
  std::optional<AlgorithmIds> signing_algorithms;
  std::optional<absl::Span<const uint8_t>> posix;
  absl::InlinedVector<UnknownNegotiateContext, 2> unknown;

  // Of the above.
  size_t count() const;

  // Reads `count` contexts from `offset` of `message`, each one 8-aligned. False for contexts
  // beyond the end, algorithm lists that are empty or longer than their context, and a second
  // context of a kind that may be there once (3.3.5.4: all but NETNAME, TRANSPORT, POSIX, where the
  // last counts).
  static bool Decode(absl::Span<const uint8_t> message, size_t offset, size_t count,
                     NegotiateContexts* out);

  // Appends every context, each one 8-aligned by the writer's start.
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_NEGOTIATE_CONTEXTS_H_
