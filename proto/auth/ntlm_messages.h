// NTLMSSP messages: format only, no keys. [MS-NLMP] 2.2.1 and 2.2.2.
//
// Spans of decoded messages are views into the token. Strings are bytes as on the wire, since the
// key derivation wants them so: UTF-16LE with ntlm_flag::kUnicode (NEGOTIATE's two are always
// OEM); NtlmText() makes UTF-8 of them.
#ifndef SLUICE_PROTO_AUTH_NTLM_MESSAGES_H_
#define SLUICE_PROTO_AUTH_NTLM_MESSAGES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/auth/ntlm_flags.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

enum class NtlmMessageType : uint32_t { kNegotiate = 1, kChallenge = 2, kAuthenticate = 3 };

// True if the token begins as an NTLMSSP message does, so is not wrapped in SPNEGO.
bool IsNtlmMessage(absl::Span<const uint8_t> token);
// nullopt if it is not one of the three.
std::optional<NtlmMessageType> NtlmTypeOf(absl::Span<const uint8_t> token);

// UTF-8 of a string field. False for an odd length; OEM above 127 is refused.
bool NtlmText(absl::Span<const uint8_t> text, uint32_t flags, std::string* utf8);

// 2.2.2.10.
struct NtlmVersion {
  static constexpr size_t kBytes = 8;
  uint8_t major = 0;
  uint8_t minor = 0;
  uint16_t build = 0;
  uint8_t revision = 15;  // NTLMSSP_REVISION_W2K3
};

// 2.2.1.1.
struct NtlmNegotiate {
  uint32_t flags = 0;
  absl::Span<const uint8_t> domain;
  absl::Span<const uint8_t> workstation;
  std::optional<NtlmVersion> version;

  static bool Decode(absl::Span<const uint8_t> token, NtlmNegotiate* out);
  // Domain and workstation are written if the flags say that they are supplied.
  void Encode(Writer& w) const;
};

// 2.2.2.1.
struct AvPair {
  AvId id = AvId::kEol;
  absl::Span<const uint8_t> value;
};

struct AvPairs {
  static constexpr size_t kPairsMax = 32;
  std::vector<AvPair> pairs;  // without the one that ends the list

  // The list must end with kEol; what follows that is ignored.
  static bool Decode(absl::Span<const uint8_t> bytes, AvPairs* out);
  // Appends kEol.
  void Encode(Writer& w) const;
  std::vector<uint8_t> ToBytes() const;

  // nullptr if there is none.
  const AvPair* Find(AvId id) const;
  // The value of kFlags; 0 if there is none or it is not 4 bytes long.
  uint32_t flags() const;
  // The value of kTimestamp (FILETIME).
  std::optional<uint64_t> timestamp() const;
};

// 2.2.1.2.
struct NtlmChallenge {
  uint32_t flags = 0;
  std::array<uint8_t, 8> server_challenge{};
  absl::Span<const uint8_t> target_name;
  absl::Span<const uint8_t> target_info;  // encoded AvPairs
  std::optional<NtlmVersion> version;

  static bool Decode(absl::Span<const uint8_t> token, NtlmChallenge* out);
  void Encode(Writer& w) const;
};

// 2.2.2.8 NTLMv2_RESPONSE.
struct NtlmV2Response {
  static constexpr size_t kProofBytes = 16;
  // Shortest: proof, fixed part of the blob, kEol.
  static constexpr size_t kBytesMin = 16 + 28 + 4;
  std::array<uint8_t, 16> proof{};
  absl::Span<const uint8_t> blob;  // what the proof is over: everything behind it
  uint64_t timestamp = 0;          // FILETIME
  std::array<uint8_t, 8> client_challenge{};
  AvPairs target_info;

  static bool Decode(absl::Span<const uint8_t> nt_response, NtlmV2Response* out);
  // The blob for a client to compute the proof over, from timestamp, challenge and target info.
  std::vector<uint8_t> EncodeBlob() const;
};

// 2.2.1.3.
struct NtlmAuthenticate {
  // Where the MIC is, for computing it over the message with these 16 bytes zeroed.
  static constexpr size_t kMicOffset = 72;
  static constexpr size_t kMicBytes = 16;

  uint32_t flags = 0;
  absl::Span<const uint8_t> lm_response;
  absl::Span<const uint8_t> nt_response;
  absl::Span<const uint8_t> domain;
  absl::Span<const uint8_t> user;
  absl::Span<const uint8_t> workstation;
  absl::Span<const uint8_t> encrypted_session_key;
  std::optional<NtlmVersion> version;
  // Set if the fixed part has room for it before the first payload. Whether it holds a MIC is said
  // by av_flag::kMicPresent in the NTLMv2 response.
  std::optional<std::array<uint8_t, 16>> mic;

  static bool Decode(absl::Span<const uint8_t> token, NtlmAuthenticate* out);
  // With `mic` set the version's place is written too, as zeros if it has none.
  void Encode(Writer& w) const;

  // No user name and no NT response, 3.2.5.1.2.
  bool anonymous() const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_AUTH_NTLM_MESSAGES_H_
