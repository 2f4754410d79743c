#include "proto/auth/spnego.h"

#include "proto/auth/der.h"

namespace sluice::proto {
namespace {

constexpr absl::string_view kNtlmSignature{"NTLMSSP", 8};

// Fields of NegTokenInit and NegTokenInit2, and of NegTokenResp, by their context tags.
constexpr uint8_t kInitChoice = der::Context(0);
constexpr uint8_t kMechTypesTag = der::Context(0);
constexpr uint8_t kReqFlagsTag = der::Context(1);
constexpr uint8_t kMechTokenTag = der::Context(2);
// mechListMIC in RFC 4178, negHints in [MS-SPNG], which has mechListMIC at 4.
constexpr uint8_t kInitThirdTag = der::Context(3);
constexpr uint8_t kInit2MicTag = der::Context(4);
constexpr uint8_t kHintNameTag = der::Context(0);
constexpr uint8_t kHintAddressTag = der::Context(1);

constexpr uint8_t kRespChoice = der::Context(1);
constexpr uint8_t kStateTag = der::Context(0);
constexpr uint8_t kSupportedMechTag = der::Context(1);
constexpr uint8_t kResponseTokenTag = der::Context(2);
constexpr uint8_t kRespMicTag = der::Context(3);

// The contents of the one element that `field` holds.
absl::Span<const uint8_t> Inner(absl::Span<const uint8_t> field, uint8_t tag, DerReader& outer) {
  DerReader r(field);
  const absl::Span<const uint8_t> contents = r.Take(tag);
  if (!r.ok()) outer.Fail();
  return contents;
}

// The OID in front of an InitialContextToken; moves `*token` behind it. "" if it is none.
absl::string_view TakeInitialContext(absl::Span<const uint8_t>* token) {
  DerReader r(*token);
  absl::Span<const uint8_t> contents;
  if (!r.TakeIf(der::kApplication0, &contents)) return {};
  DerReader inner(contents);
  const absl::Span<const uint8_t> mechanism = inner.Take(der::kObjectIdentifier);
  if (!inner.ok()) return {};
  // The rest of the contents: what follows the OID, found by where it ends.
  const size_t used = static_cast<size_t>(mechanism.data() + mechanism.size() - contents.data());
  *token = contents.subspan(used);
  return AsText(mechanism);
}

bool DecodeMechTypes(absl::Span<const uint8_t> field, NegTokenInit* out) {
  DerReader whole(field);
  out->mech_types_der = whole.TakeWhole(der::kSequence);
  DerReader outer(out->mech_types_der);
  DerReader list(outer.Take(der::kSequence));
  while (outer.ok() && !list.AtEnd()) {
    if (out->mech_types.size() == kMechTypesMax) return false;
    out->mech_types.push_back(AsText(list.Take(der::kObjectIdentifier)));
  }
  return whole.ok() && outer.ok() && list.ok() && !out->mech_types.empty();
}

// negHints, or the mechListMIC of a client that goes by the RFC.
bool DecodeInitThird(absl::Span<const uint8_t> field, NegTokenInit* out) {
  DerReader r(field);
  if (r.PeekTag() == der::kOctetString) {
    out->mech_list_mic = r.Take(der::kOctetString);
    return r.ok();
  }
  DerReader hints(r.Take(der::kSequence));
  absl::Span<const uint8_t> hint;
  if (r.ok() && hints.TakeIf(kHintNameTag, &hint)) {
    out->hint_name = AsText(Inner(hint, der::kGeneralString, r));
  }
  // hintAddress is never used.
  hints.TakeIf(kHintAddressTag, &hint);
  return r.ok() && hints.ok();
}

void AppendField(uint8_t field_tag, uint8_t tag, absl::Span<const uint8_t> contents,
                 std::vector<uint8_t>* out) {
  AppendDer(field_tag, WrapDer(tag, contents), out);
}

}  // namespace

AuthTokenKind ClassifyAuthToken(absl::Span<const uint8_t> token) {
  if (token.size() >= kNtlmSignature.size() &&
      AsText(token.subspan(0, kNtlmSignature.size())) == kNtlmSignature) {
    return AuthTokenKind::kNtlmRaw;
  }
  if (token.empty()) return AuthTokenKind::kUnknown;
  if (token[0] == kInitChoice) return AuthTokenKind::kNegTokenInit;
  if (token[0] == kRespChoice) return AuthTokenKind::kNegTokenResp;
  const absl::string_view mechanism = TakeInitialContext(&token);
  if (mechanism == oid::kSpnego) return AuthTokenKind::kNegTokenInit;
  if (mechanism == oid::kKerberos || mechanism == oid::kMsKerberos) {
    return AuthTokenKind::kKerberosRaw;
  }
  return AuthTokenKind::kUnknown;
}

bool NegTokenInit::Decode(absl::Span<const uint8_t> token, NegTokenInit* out) {
  *out = NegTokenInit();
  if (!token.empty() && token[0] == der::kApplication0 &&
      TakeInitialContext(&token) != oid::kSpnego) {
    return false;
  }
  DerReader r(token);
  DerReader choice(r.Take(kInitChoice));
  DerReader fields(choice.Take(der::kSequence));
  absl::Span<const uint8_t> field = fields.Take(kMechTypesTag);
  if (!r.ok() || !choice.ok() || !fields.ok() || !DecodeMechTypes(field, out)) return false;
  // reqFlags protects nothing and is to be ignored.
  fields.TakeIf(kReqFlagsTag, &field);
  if (fields.TakeIf(kMechTokenTag, &field)) {
    out->mech_token = Inner(field, der::kOctetString, fields);
  }
  if (fields.TakeIf(kInitThirdTag, &field) && !DecodeInitThird(field, out)) return false;
  if (fields.TakeIf(kInit2MicTag, &field)) {
    out->mech_list_mic = Inner(field, der::kOctetString, fields);
  }
  return fields.ok() && fields.AtEnd();
}

std::vector<uint8_t> EncodeMechTypes(absl::Span<const absl::string_view> mech_types) {
  std::vector<uint8_t> list;
  for (const absl::string_view mechanism : mech_types) {
    AppendDer(der::kObjectIdentifier, AsBytes(mechanism), &list);
  }
  return WrapDer(der::kSequence, list);
}

std::vector<uint8_t> NegTokenInit::Encode() const {
  std::vector<uint8_t> fields;
  AppendDer(kMechTypesTag, EncodeMechTypes(mech_types), &fields);
  if (mech_token.has_value()) {
    AppendField(kMechTokenTag, der::kOctetString, *mech_token, &fields);
  }
  uint8_t mic_tag = kInitThirdTag;
  if (!hint_name.empty()) {
    std::vector<uint8_t> hints;
    AppendField(kHintNameTag, der::kGeneralString, AsBytes(hint_name), &hints);
    AppendField(kInitThirdTag, der::kSequence, hints, &fields);
    mic_tag = kInit2MicTag;
  }
  if (mech_list_mic.has_value()) {
    AppendField(mic_tag, der::kOctetString, *mech_list_mic, &fields);
  }
  std::vector<uint8_t> contents = WrapDer(der::kObjectIdentifier, AsBytes(oid::kSpnego));
  AppendField(kInitChoice, der::kSequence, fields, &contents);
  return WrapDer(der::kApplication0, contents);
}

bool NegTokenResp::Decode(absl::Span<const uint8_t> token, NegTokenResp* out) {
  *out = NegTokenResp();
  DerReader r(token);
  DerReader choice(r.Take(kRespChoice));
  DerReader fields(choice.Take(der::kSequence));
  if (!r.ok() || !choice.ok()) return false;
  absl::Span<const uint8_t> field;
  if (fields.TakeIf(kStateTag, &field)) {
    const absl::Span<const uint8_t> value = Inner(field, der::kEnumerated, fields);
    if (value.size() != 1 || value[0] > static_cast<uint8_t>(NegState::kRequestMic)) return false;
    out->state = static_cast<NegState>(value[0]);
  }
  if (fields.TakeIf(kSupportedMechTag, &field)) {
    out->supported_mech = AsText(Inner(field, der::kObjectIdentifier, fields));
  }
  if (fields.TakeIf(kResponseTokenTag, &field)) {
    out->response_token = Inner(field, der::kOctetString, fields);
  }
  if (fields.TakeIf(kRespMicTag, &field)) {
    out->mech_list_mic = Inner(field, der::kOctetString, fields);
  }
  return fields.ok() && fields.AtEnd();
}

std::vector<uint8_t> NegTokenResp::Encode() const {
  std::vector<uint8_t> fields;
  if (state.has_value()) {
    const uint8_t value[] = {static_cast<uint8_t>(*state)};
    AppendField(kStateTag, der::kEnumerated, value, &fields);
  }
  if (!supported_mech.empty()) {
    AppendField(kSupportedMechTag, der::kObjectIdentifier, AsBytes(supported_mech), &fields);
  }
  if (response_token.has_value()) {
    AppendField(kResponseTokenTag, der::kOctetString, *response_token, &fields);
  }
  if (mech_list_mic.has_value()) {
    AppendField(kRespMicTag, der::kOctetString, *mech_list_mic, &fields);
  }
  return WrapDer(kRespChoice, WrapDer(der::kSequence, fields));
}

}  // namespace sluice::proto
