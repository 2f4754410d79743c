// SPNEGO tokens: format only. RFC 4178 4.2, [MS-SPNG] 2.2.1 (NegTokenInit2). DER with definite
// lengths only; every length is checked.
#ifndef SLUICE_PROTO_AUTH_SPNEGO_H_
#define SLUICE_PROTO_AUTH_SPNEGO_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::proto {

// The contents of OBJECT IDENTIFIERs.
namespace oid {
inline constexpr absl::string_view kSpnego{"\x2B\x06\x01\x05\x05\x02", 6};
inline constexpr absl::string_view kNtlmssp{"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A", 10};
inline constexpr absl::string_view kNegoEx{"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x1E", 10};
inline constexpr absl::string_view kKerberos{"\x2A\x86\x48\x86\xF7\x12\x01\x02\x02", 9};
// Windows 2000 got a number wrong; clients still send it first.
inline constexpr absl::string_view kMsKerberos{"\x2A\x86\x48\x82\xF7\x12\x01\x02\x02", 9};
inline constexpr absl::string_view kKerberosUserToUser{"\x2A\x86\x48\x86\xF7\x12\x01\x02\x02\x03",
                                                       10};
}  // namespace oid

// What a server says in its NEGOTIATE response.
inline constexpr absl::string_view kSpnegoHintName = "not_defined_in_RFC4178@please_ignore";

inline constexpr size_t kMechTypesMax = 16;
using MechTypes = absl::InlinedVector<absl::string_view, 4>;

enum class AuthTokenKind {
  kNtlmRaw,       // "NTLMSSP\0"...
  kNegTokenInit,  // wrapped in an InitialContextToken of SPNEGO, or bare
  kNegTokenResp,
  kKerberosRaw,  // an InitialContextToken of Kerberos
  kUnknown,
};
// By what the token begins with; an InitialContextToken must be whole.
AuthTokenKind ClassifyAuthToken(absl::Span<const uint8_t> token);

// A client's first token, and NegTokenInit2, which a server sends in its NEGOTIATE response. Views
// into the token (decode) or of the caller's bytes (encode).
struct NegTokenInit {
  MechTypes mech_types;
  // The DER of the list, which mechListMIC is computed over. Set by Decode only; to compute it
  // over a list of one's own see EncodeMechTypes().
  absl::Span<const uint8_t> mech_types_der;
  std::optional<absl::Span<const uint8_t>> mech_token;
  absl::string_view hint_name;  // "" for none; only in NegTokenInit2
  std::optional<absl::Span<const uint8_t>> mech_list_mic;

  // `token` with or without the InitialContextToken around it. Refuses more than kMechTypesMax
  // mechanisms and an empty or missing list.
  static bool Decode(absl::Span<const uint8_t> token, NegTokenInit* out);
  // With the InitialContextToken around it.
  std::vector<uint8_t> Encode() const;
};

std::vector<uint8_t> EncodeMechTypes(absl::Span<const absl::string_view> mech_types);

enum class NegState : uint8_t {
  kAcceptCompleted = 0,
  kAcceptIncomplete = 1,
  kReject = 2,
  kRequestMic = 3,
};

struct NegTokenResp {
  std::optional<NegState> state;
  absl::string_view supported_mech;  // "" for none
  std::optional<absl::Span<const uint8_t>> response_token;
  std::optional<absl::Span<const uint8_t>> mech_list_mic;

  static bool Decode(absl::Span<const uint8_t> token, NegTokenResp* out);
  std::vector<uint8_t> Encode() const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_AUTH_SPNEGO_H_
