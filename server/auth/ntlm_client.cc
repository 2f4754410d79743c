#include "server/auth/ntlm_client.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"
#include "proto/auth/ntlm_flags.h"
#include "proto/auth/ntlm_messages.h"
#include "proto/wire/utf16.h"
#include "proto/wire/writer.h"

namespace sluice::auth {
namespace {

namespace flag = proto::ntlm_flag;

constexpr uint32_t kOffered = flag::kUnicode | flag::kRequestTarget | flag::kSign |
                              flag::kAlwaysSign | flag::kNtlm | flag::kExtendedSessionSecurity |
                              flag::kTargetInfo | flag::kVersion | flag::k128 | flag::k56 |
                              flag::kKeyExchange;
constexpr proto::NtlmVersion kVersion = {.major = 10, .minor = 0, .build = 14393};
constexpr int64_t kFileTimeOfUnixEpoch = 116444736000000000;
constexpr size_t kFixedBytesMax = 128;

bool AllToUtf16(const NtlmCredentials& credentials, std::vector<uint8_t>* user,
                std::vector<uint8_t>* domain, std::vector<uint8_t>* workstation) {
  return proto::Utf8ToUtf16(credentials.user, user) &&
         proto::Utf8ToUtf16(credentials.domain, domain) &&
         proto::Utf8ToUtf16(credentials.workstation, workstation);
}

}  // namespace

NtlmClient::NtlmClient(NtlmCredentials credentials, base::Random& random, const base::Clock& clock)
    : credentials_(std::move(credentials)), random_(random), clock_(clock) {}

std::vector<uint8_t> NtlmClient::Negotiate() {
  proto::NtlmNegotiate message;
  message.flags = kOffered;
  message.version = kVersion;
  negotiate_.resize(kFixedBytesMax);
  proto::Writer w(absl::MakeSpan(negotiate_));
  message.Encode(w);
  negotiate_.resize(w.size());
  return negotiate_;
}

std::vector<uint8_t> NtlmClient::MakeBlob(absl::Span<const uint8_t> target_info, bool* with_mic) {
  proto::NtlmV2Response response;
  // Views of target_info; false only for an empty or malformed list, which is then left out.
  proto::AvPairs pairs;
  if (!proto::AvPairs::Decode(target_info, &pairs)) pairs.pairs.clear();
  *with_mic = pairs.timestamp().has_value();
  response.timestamp = pairs.timestamp().value_or(
      static_cast<uint64_t>(clock_.WallNanos() / 100 + kFileTimeOfUnixEpoch));
  random_.Fill(absl::MakeSpan(response.client_challenge));
  const std::array<uint8_t, 4> mic_present = {proto::av_flag::kMicPresent, 0, 0, 0};
  for (const proto::AvPair& pair : pairs.pairs) {
    if (pair.id != proto::AvId::kFlags) response.target_info.pairs.push_back(pair);
  }
  if (*with_mic) response.target_info.pairs.push_back({proto::AvId::kFlags, mic_present});
  return response.EncodeBlob();
}

bool NtlmClient::Authenticate(absl::Span<const uint8_t> challenge,
                              std::vector<uint8_t>* authenticate) {
  proto::NtlmChallenge server;
  if (!proto::NtlmChallenge::Decode(challenge, &server)) return false;
  constexpr uint32_t kNeeded = flag::kUnicode | flag::kExtendedSessionSecurity;
  if ((server.flags & kNeeded) != kNeeded) return false;

  std::vector<uint8_t> user;
  std::vector<uint8_t> domain;
  std::vector<uint8_t> workstation;
  if (!AllToUtf16(credentials_, &user, &domain, &workstation)) return false;
  const bool anonymous = user.empty();
  proto::NtlmAuthenticate message;
  message.flags = (server.flags & kOffered) | (anonymous ? flag::kAnonymous : 0);
  message.version = kVersion;
  message.domain = domain;
  message.user = user;
  message.workstation = workstation;

  std::vector<uint8_t> nt_response;
  std::vector<uint8_t> lm_response(anonymous ? 1 : 24);
  crypto::SecretBytes<16> base;
  bool with_mic = false;
  if (!anonymous) {
    crypto::SecretBytes<16> response_key;
    if (!NtOwfV2(credentials_.nt_hash, credentials_.user, credentials_.domain, &response_key)) {
      return false;
    }
    const std::vector<uint8_t> blob = MakeBlob(server.target_info, &with_mic);
    const std::array<uint8_t, 16> proof = NtProof(response_key, server.server_challenge, blob);
    base = SessionBaseKey(response_key, proof);
    nt_response.assign(proof.begin(), proof.end());
    nt_response.insert(nt_response.end(), blob.begin(), blob.end());
  }
  message.nt_response = nt_response;
  message.lm_response = lm_response;

  std::array<uint8_t, 16> encrypted_key{};
  if ((message.flags & flag::kKeyExchange) != 0) {
    random_.Fill(session_key_.mutable_span());
    crypto::Rc4(base.span()).Process(session_key_.span(), absl::MakeSpan(encrypted_key));
    message.encrypted_session_key = encrypted_key;
  } else {
    session_key_ = std::move(base);
  }
  if (with_mic) message.mic.emplace();

  authenticate->resize(kFixedBytesMax + user.size() + domain.size() + workstation.size() +
                       nt_response.size() + lm_response.size() + encrypted_key.size());
  proto::Writer w(absl::MakeSpan(*authenticate));
  message.Encode(w);
  if (!w.ok()) return false;
  authenticate->resize(w.size());
  if (with_mic) {
    const std::array<uint8_t, 16> mic = Mic(session_key_, negotiate_, challenge, *authenticate);
    std::copy(mic.begin(), mic.end(), authenticate->begin() + proto::NtlmAuthenticate::kMicOffset);
  }
  signer_ = std::make_unique<NtlmSigner>(message.flags, session_key_, /*server=*/false);
  return true;
}

}  // namespace sluice::auth
