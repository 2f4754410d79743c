#include "server/auth/ntlm_crypto.h"

#include <algorithm>
#include <vector>

#include "crypto/constant_time.h"
#include "proto/auth/ntlm_flags.h"
#include "proto/wire/utf16.h"
#include "server/auth/user_name.h"

namespace sluice::auth {
namespace {

// [MS-NLMP] 3.4.5.2, 3.4.5.3; each ends with a zero byte that is part of it.
constexpr char kClientSigning[] = "session key to client-to-server signing key magic constant";
constexpr char kServerSigning[] = "session key to server-to-client signing key magic constant";
constexpr char kClientSealing[] = "session key to client-to-server sealing key magic constant";
constexpr char kServerSealing[] = "session key to server-to-client sealing key magic constant";
static_assert(sizeof(kClientSigning) == sizeof(kServerSigning));
static_assert(sizeof(kClientSealing) == sizeof(kServerSealing));

crypto::SecretBytes<16> Labelled(absl::Span<const uint8_t> key, const char* label, size_t bytes) {
  std::array<uint8_t, 16> digest =
      crypto::Md5({key, absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(label), bytes)});
  crypto::SecretBytes<16> out(absl::MakeConstSpan(digest));
  crypto::Wipe(digest.data(), digest.size());
  return out;
}

crypto::SecretBytes<16> Keyed(absl::Span<const uint8_t> key, crypto::Pieces message) {
  std::array<uint8_t, 16> digest = crypto::HmacMd5(key, message);
  crypto::SecretBytes<16> out(absl::MakeConstSpan(digest));
  crypto::Wipe(digest.data(), digest.size());
  return out;
}

crypto::SecretBytes<16> SealingKey(uint32_t flags, const crypto::SecretBytes<16>& session_key,
                                   bool from_server) {
  size_t bytes = 5;
  if ((flags & proto::ntlm_flag::k128) != 0) {
    bytes = 16;
  } else if ((flags & proto::ntlm_flag::k56) != 0) {
    bytes = 7;
  }
  return Labelled(session_key.span().first(bytes), from_server ? kServerSealing : kClientSealing,
                  sizeof(kClientSealing));
}

}  // namespace

bool NtOwfV2(const NtHash& hash, absl::string_view user, absl::string_view domain,
             crypto::SecretBytes<16>* response_key) {
  std::string upper;
  std::vector<uint8_t> user16;
  std::vector<uint8_t> domain16;
  if (!UpperCaseName(user, &upper) || !proto::Utf8ToUtf16(upper, &user16) ||
      !proto::Utf8ToUtf16(domain, &domain16)) {
    return false;
  }
  *response_key = Keyed(hash.bytes, {user16, domain16});
  return true;
}

std::array<uint8_t, 16> NtProof(const crypto::SecretBytes<16>& response_key,
                                absl::Span<const uint8_t> server_challenge,
                                absl::Span<const uint8_t> blob) {
  return crypto::HmacMd5(response_key.span(), {server_challenge, blob});
}

crypto::SecretBytes<16> SessionBaseKey(const crypto::SecretBytes<16>& response_key,
                                       absl::Span<const uint8_t> nt_proof) {
  return Keyed(response_key.span(), {nt_proof});
}

std::array<uint8_t, 16> Mic(const crypto::SecretBytes<16>& session_key,
                            absl::Span<const uint8_t> negotiate,
                            absl::Span<const uint8_t> challenge,
                            absl::Span<const uint8_t> authenticate) {
  return crypto::HmacMd5(session_key.span(), {negotiate, challenge, authenticate});
}

NtlmSigner::Direction::Direction(uint32_t flags, const crypto::SecretBytes<16>& session_key,
                                 bool from_server)
    : signing_key(Labelled(session_key.span(), from_server ? kServerSigning : kClientSigning,
                           sizeof(kClientSigning))),
      stream(SealingKey(flags, session_key, from_server).span()) {}

std::array<uint8_t, 16> NtlmSigner::Direction::Next(absl::Span<const uint8_t> message,
                                                    bool key_exchange) {
  std::array<uint8_t, 4> number{};
  for (size_t i = 0; i < 4; ++i) number[i] = static_cast<uint8_t>(sequence >> (8 * i));
  ++sequence;
  std::array<uint8_t, 16> digest = crypto::HmacMd5(signing_key.span(), {number, message});
  std::array<uint8_t, 16> signature{};
  signature[0] = 1;  // version
  std::copy_n(digest.begin(), 8, signature.begin() + 4);
  if (key_exchange) {
    const absl::Span<uint8_t> checksum = absl::MakeSpan(signature).subspan(4, 8);
    stream.Process(checksum, checksum);
  }
  std::copy(number.begin(), number.end(), signature.begin() + 12);
  return signature;
}

NtlmSigner::NtlmSigner(uint32_t flags, const crypto::SecretBytes<16>& session_key, bool server)
    : key_exchange_((flags & proto::ntlm_flag::kKeyExchange) != 0),
      outgoing_(flags, session_key, server),
      incoming_(flags, session_key, !server) {}

std::array<uint8_t, 16> NtlmSigner::Make(absl::Span<const uint8_t> message) {
  return outgoing_.Next(message, key_exchange_);
}

bool NtlmSigner::Check(absl::Span<const uint8_t> message, absl::Span<const uint8_t> signature) {
  return crypto::ConstantTimeEqual(incoming_.Next(message, key_exchange_), signature);
}

}  // namespace sluice::auth
