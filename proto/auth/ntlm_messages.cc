#include "proto/auth/ntlm_messages.h"

#include <algorithm>

#include "proto/wire/reader.h"
#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

constexpr uint8_t kSignature[] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};
constexpr size_t kNegotiateFixedBytes = 40;     // with the version
constexpr size_t kChallengeFixedBytes = 56;     // with the version
constexpr size_t kAuthenticateFixedBytes = 64;  // without version and MIC
constexpr uint8_t kResponseVersion = 1;

// A string or blob that lies in the payload, [MS-NLMP] 2.2.1: length, allocated length, offset.
struct Field {
  uint16_t length = 0;
  uint32_t offset = 0;

  static Field Read(Reader& r) {
    Field field;
    field.length = r.U16();
    r.Skip(2);
    field.offset = r.U32();
    return field;
  }

  absl::Span<const uint8_t> In(Reader& r) const {
    return length == 0 ? absl::Span<const uint8_t>() : r.Sub(offset, length);
  }
};

// Places payload parts one behind the other and writes their fields, then the parts.
class Payload {
 public:
  explicit Payload(size_t offset) : offset_(offset) {}

  void Place(absl::Span<const uint8_t> part, Writer& w) {
    w.Checked16(part.size());
    w.Checked16(part.size());
    w.Checked32(offset_);
    offset_ += part.size();
  }

 private:
  size_t offset_;
};

// False if the token is not this message.
bool ReadHeader(Reader& r, NtlmMessageType type) {
  const absl::Span<const uint8_t> signature = r.Bytes(sizeof(kSignature));
  const uint32_t actual = r.U32();
  return r.ok() && std::equal(signature.begin(), signature.end(), kSignature) &&
         actual == static_cast<uint32_t>(type);
}

void WriteHeader(Writer& w, NtlmMessageType type) {
  w.Bytes(kSignature);
  w.U32(static_cast<uint32_t>(type));
}

NtlmVersion ReadVersion(Reader& r) {
  NtlmVersion version;
  version.major = r.U8();
  version.minor = r.U8();
  version.build = r.U16();
  r.Skip(3);
  version.revision = r.U8();
  return version;
}

void WriteVersion(const NtlmVersion& version, Writer& w) {
  w.U8(version.major);
  w.U8(version.minor);
  w.U16(version.build);
  w.Zeros(3);
  w.U8(version.revision);
}

// The version's place is there whether or not the flag says that it is filled.
void WriteVersion(const std::optional<NtlmVersion>& version, Writer& w) {
  if (version.has_value()) {
    WriteVersion(*version, w);
  } else {
    w.Zeros(NtlmVersion::kBytes);
  }
}

}  // namespace

bool IsNtlmMessage(absl::Span<const uint8_t> token) {
  return token.size() >= sizeof(kSignature) &&
         std::equal(std::begin(kSignature), std::end(kSignature), token.begin());
}

std::optional<NtlmMessageType> NtlmTypeOf(absl::Span<const uint8_t> token) {
  if (!IsNtlmMessage(token)) return std::nullopt;
  Reader r(token);
  r.Skip(sizeof(kSignature));
  const uint32_t type = r.U32();
  if (!r.ok() || type < 1 || type > 3) return std::nullopt;
  return static_cast<NtlmMessageType>(type);
}

bool NtlmText(absl::Span<const uint8_t> text, uint32_t flags, std::string* utf8) {
  if ((flags & ntlm_flag::kUnicode) != 0) return Utf16ToUtf8(text, utf8);
  if (std::any_of(text.begin(), text.end(), [](uint8_t byte) { return byte > 0x7F; })) {
    return false;
  }
  utf8->assign(text.begin(), text.end());
  return true;
}

bool NtlmNegotiate::Decode(absl::Span<const uint8_t> token, NtlmNegotiate* out) {
  *out = NtlmNegotiate();
  Reader r(token);
  if (!ReadHeader(r, NtlmMessageType::kNegotiate)) return false;
  out->flags = r.U32();
  if (!r.ok()) return false;
  // Old clients end here.
  if (r.remaining() == 0) return true;
  const Field domain = Field::Read(r);
  const Field workstation = Field::Read(r);
  // Only for people who read logs, so one that is missing refuses nobody.
  if ((out->flags & ntlm_flag::kVersion) != 0 && r.remaining() >= NtlmVersion::kBytes) {
    out->version = ReadVersion(r);
  }
  if ((out->flags & ntlm_flag::kOemDomainSupplied) != 0) out->domain = domain.In(r);
  if ((out->flags & ntlm_flag::kOemWorkstationSupplied) != 0) {
    out->workstation = workstation.In(r);
  }
  return r.ok();
}

void NtlmNegotiate::Encode(Writer& w) const {
  WriteHeader(w, NtlmMessageType::kNegotiate);
  uint32_t bits = flags & ~ntlm_flag::kVersion;
  if (version.has_value()) bits |= ntlm_flag::kVersion;
  w.U32(bits);
  const auto supplied = [bits](uint32_t flag, absl::Span<const uint8_t> part) {
    return (bits & flag) != 0 ? part : absl::Span<const uint8_t>();
  };
  const auto domain_part = supplied(ntlm_flag::kOemDomainSupplied, domain);
  const auto workstation_part = supplied(ntlm_flag::kOemWorkstationSupplied, workstation);
  Payload payload(kNegotiateFixedBytes);
  payload.Place(domain_part, w);
  payload.Place(workstation_part, w);
  WriteVersion(version, w);
  w.Bytes(domain_part);
  w.Bytes(workstation_part);
}

bool AvPairs::Decode(absl::Span<const uint8_t> bytes, AvPairs* out) {
  out->pairs.clear();
  Reader r(bytes);
  for (;;) {
    AvPair pair;
    pair.id = static_cast<AvId>(r.U16());
    const uint16_t length = r.U16();
    pair.value = r.Bytes(length);
    if (!r.ok()) return false;
    if (pair.id == AvId::kEol) return length == 0;
    if (out->pairs.size() == kPairsMax) return false;
    out->pairs.push_back(pair);
  }
}

void AvPairs::Encode(Writer& w) const {
  for (const AvPair& pair : pairs) {
    w.U16(static_cast<uint16_t>(pair.id));
    w.Checked16(pair.value.size());
    w.Bytes(pair.value);
  }
  w.U32(0);
}

std::vector<uint8_t> AvPairs::ToBytes() const {
  size_t bytes = 4;
  for (const AvPair& pair : pairs) bytes += 4 + pair.value.size();
  std::vector<uint8_t> out(bytes);
  Writer w(absl::MakeSpan(out));
  Encode(w);
  if (!w.ok()) out.clear();
  return out;
}

const AvPair* AvPairs::Find(AvId id) const {
  for (const AvPair& pair : pairs) {
    if (pair.id == id) return &pair;
  }
  return nullptr;
}

uint32_t AvPairs::flags() const {
  const AvPair* pair = Find(AvId::kFlags);
  if (pair == nullptr || pair->value.size() != sizeof(uint32_t)) return 0;
  return Reader(pair->value).U32();
}

std::optional<uint64_t> AvPairs::timestamp() const {
  const AvPair* pair = Find(AvId::kTimestamp);
  if (pair == nullptr || pair->value.size() != sizeof(uint64_t)) return std::nullopt;
  return Reader(pair->value).U64();
}

bool NtlmChallenge::Decode(absl::Span<const uint8_t> token, NtlmChallenge* out) {
  *out = NtlmChallenge();
  Reader r(token);
  if (!ReadHeader(r, NtlmMessageType::kChallenge)) return false;
  const Field target_name = Field::Read(r);
  out->flags = r.U32();
  out->server_challenge = r.Array<8>();
  r.Skip(8);
  const Field target_info = Field::Read(r);
  if ((out->flags & ntlm_flag::kVersion) != 0) out->version = ReadVersion(r);
  out->target_name = target_name.In(r);
  out->target_info = target_info.In(r);
  return r.ok();
}

void NtlmChallenge::Encode(Writer& w) const {
  WriteHeader(w, NtlmMessageType::kChallenge);
  Payload payload(kChallengeFixedBytes);
  payload.Place(target_name, w);
  uint32_t bits = flags & ~ntlm_flag::kVersion;
  if (version.has_value()) bits |= ntlm_flag::kVersion;
  w.U32(bits);
  w.Bytes(server_challenge);
  w.U64(0);
  payload.Place(target_info, w);
  WriteVersion(version, w);
  w.Bytes(target_name);
  w.Bytes(target_info);
}

bool NtlmV2Response::Decode(absl::Span<const uint8_t> nt_response, NtlmV2Response* out) {
  Reader r(nt_response);
  out->proof = r.Array<16>();
  out->blob = r.Sub(kProofBytes, r.remaining());
  const uint8_t version = r.U8();
  const uint8_t version_max = r.U8();
  r.Skip(6);
  out->timestamp = r.U64();
  out->client_challenge = r.Array<8>();
  r.Skip(4);
  if (!r.ok() || version != kResponseVersion || version_max != kResponseVersion) return false;
  return AvPairs::Decode(r.Rest(), &out->target_info);
}

std::vector<uint8_t> NtlmV2Response::EncodeBlob() const {
  const std::vector<uint8_t> pairs = target_info.ToBytes();
  // Four zero bytes follow the list in what Windows sends.
  std::vector<uint8_t> out(28 + pairs.size() + 4);
  Writer w(absl::MakeSpan(out));
  w.U8(kResponseVersion);
  w.U8(kResponseVersion);
  w.Zeros(6);
  w.U64(timestamp);
  w.Bytes(client_challenge);
  w.U32(0);
  w.Bytes(pairs);
  w.U32(0);
  return out;
}

bool NtlmAuthenticate::Decode(absl::Span<const uint8_t> token, NtlmAuthenticate* out) {
  *out = NtlmAuthenticate();
  Reader r(token);
  if (!ReadHeader(r, NtlmMessageType::kAuthenticate)) return false;
  Field fields[6];
  for (Field& field : fields) field = Field::Read(r);
  out->flags = r.U32();
  if (!r.ok()) return false;
  // The fixed part ends where the first payload begins; version and MIC came with later Windows
  // versions and no flag tells that the MIC is there.
  size_t fixed_bytes = token.size();
  for (const Field& field : fields) {
    if (field.length != 0) fixed_bytes = std::min<size_t>(fixed_bytes, field.offset);
  }
  if ((out->flags & ntlm_flag::kVersion) != 0 && fixed_bytes >= kMicOffset) {
    out->version = ReadVersion(r);
  }
  if (fixed_bytes >= kMicOffset + kMicBytes) {
    Reader mic_reader(r.Sub(kMicOffset, kMicBytes));
    out->mic = mic_reader.Array<kMicBytes>();
  }
  out->lm_response = fields[0].In(r);
  out->nt_response = fields[1].In(r);
  out->domain = fields[2].In(r);
  out->user = fields[3].In(r);
  out->workstation = fields[4].In(r);
  out->encrypted_session_key = fields[5].In(r);
  return r.ok();
}

void NtlmAuthenticate::Encode(Writer& w) const {
  WriteHeader(w, NtlmMessageType::kAuthenticate);
  const bool with_version = version.has_value() || mic.has_value();
  size_t fixed_bytes = kAuthenticateFixedBytes;
  if (with_version) fixed_bytes += NtlmVersion::kBytes;
  if (mic.has_value()) fixed_bytes += kMicBytes;
  // Fields in the order of the message, payloads in the order that Windows gives them.
  const absl::Span<const uint8_t> parts[] = {domain,      user,        workstation,
                                             lm_response, nt_response, encrypted_session_key};
  size_t offsets[6];
  size_t offset = fixed_bytes;
  for (size_t i = 0; i < 6; ++i) {
    offsets[i] = offset;
    offset += parts[i].size();
  }
  for (const size_t i : {3, 4, 0, 1, 2, 5}) {
    w.Checked16(parts[i].size());
    w.Checked16(parts[i].size());
    w.Checked32(offsets[i]);
  }
  uint32_t bits = flags & ~ntlm_flag::kVersion;
  if (version.has_value()) bits |= ntlm_flag::kVersion;
  w.U32(bits);
  if (with_version) WriteVersion(version, w);
  if (mic.has_value()) w.Bytes(*mic);
  for (const absl::Span<const uint8_t> part : parts) w.Bytes(part);
}

bool NtlmAuthenticate::anonymous() const {
  return user.empty() && nt_response.empty() && lm_response.size() <= 1;
}

}  // namespace sluice::proto
