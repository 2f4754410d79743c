#include "server/session/crypto_state.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/string_view.h"
#include "crypto/kdf.h"
#include "proto/wire/writer.h"

namespace sluice::session {
namespace {

constexpr size_t kKeyBytes = 16;

// The strings of [MS-SMB2] 3.3.5.5.3; each ends with a zero byte that is part of it.
struct Purpose {
  absl::string_view label_30;
  absl::string_view context_30;
  absl::string_view label_311;  // its context is the preauth hash
};

template <size_t N>
constexpr absl::string_view WithZero(const char (&text)[N]) {
  return absl::string_view(text, N);
}

constexpr Purpose kSigning = {WithZero("SMB2AESCMAC"), WithZero("SmbSign"),
                              WithZero("SMBSigningKey")};
constexpr Purpose kClientToServer = {WithZero("SMB2AESCCM"), WithZero("ServerIn "),
                                     WithZero("SMBC2SCipherKey")};
constexpr Purpose kServerToClient = {WithZero("SMB2AESCCM"), WithZero("ServerOut"),
                                     WithZero("SMBS2CCipherKey")};
constexpr Purpose kApplication = {WithZero("SMB2APP"), WithZero("SmbRpc"), WithZero("SMBAppKey")};

absl::Span<const uint8_t> Octets(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void Derive(absl::Span<const uint8_t> key, const KeyParameters& parameters, const Purpose& purpose,
            absl::Span<uint8_t> out) {
  if (parameters.dialect == proto::Dialect::kSmb311) {
    crypto::DeriveKey(key, Octets(purpose.label_311), parameters.preauth_hash, out);
  } else {
    crypto::DeriveKey(key, Octets(purpose.label_30), Octets(purpose.context_30), out);
  }
}

crypto::CipherKey DeriveCipherKey(absl::Span<const uint8_t> key, const KeyParameters& parameters,
                                  const Purpose& purpose) {
  crypto::SecretBytes<32> derived;
  const absl::Span<uint8_t> part =
      derived.mutable_span().first(crypto::CipherKeyBytes(parameters.cipher));
  Derive(key, parameters, purpose, part);
  return crypto::CipherKey(parameters.cipher, part, parameters.processor);
}

// What sealing one message costs the key, in cipher blocks: the payload's, and one each for the
// first counter or MAC block, the tag and the two of associated data. CCM runs the cipher twice.
uint64_t SealedBlocks(crypto::Cipher cipher, size_t message_bytes) {
  const uint64_t blocks = (static_cast<uint64_t>(message_bytes) + 15) / 16;
  const bool ccm = cipher == crypto::Cipher::kAes128Ccm || cipher == crypto::Cipher::kAes256Ccm;
  return (ccm ? 2 * blocks : blocks) + 4;
}

}  // namespace

std::unique_ptr<SessionCryptoState> SessionCryptoState::DeriveAllKeys(
    absl::Span<const uint8_t> session_key, const KeyParameters& parameters) {
  assert(!session_key.empty());
  std::unique_ptr<SessionCryptoState> state(new SessionCryptoState());
  crypto::SecretBytes<kKeyBytes> key16;
  std::copy_n(session_key.begin(), std::min(session_key.size(), kKeyBytes), key16.data());

  if (parameters.dialect < proto::Dialect::kSmb300) {
    state->signing_algorithm_ = crypto::SigningAlgorithm::kHmacSha256;
    state->signing_key_ =
        crypto::SigningKey(state->signing_algorithm_, key16.span(), parameters.processor);
    state->application_key_ = std::move(key16);
    return state;
  }

  assert(parameters.dialect != proto::Dialect::kSmb311 || parameters.preauth_hash.size() == 64);
  state->signing_algorithm_ = parameters.dialect == proto::Dialect::kSmb311
                                  ? parameters.signing_algorithm
                                  : crypto::SigningAlgorithm::kAes128Cmac;
  crypto::SecretBytes<kKeyBytes> signing;
  Derive(key16.span(), parameters, kSigning, signing.mutable_span());
  state->signing_key_ =
      crypto::SigningKey(state->signing_algorithm_, signing.span(), parameters.processor);
  Derive(key16.span(), parameters, kApplication, state->application_key_.mutable_span());

  if (parameters.cipher != crypto::Cipher::kNone) {
    const bool wide = crypto::CipherKeyBytes(parameters.cipher) == 32;
    const absl::Span<const uint8_t> base = wide ? session_key : key16.span();
    const bool server = parameters.role == Role::kServer;
    state->cipher_ = parameters.cipher;
    state->sealing_key_ =
        DeriveCipherKey(base, parameters, server ? kServerToClient : kClientToServer);
    state->opening_key_ =
        DeriveCipherKey(base, parameters, server ? kClientToServer : kServerToClient);
  }
  return state;
}

std::array<uint8_t, 12> SessionCryptoState::GmacNonce(uint64_t message_id, bool from_server,
                                                      bool cancel) {
  std::array<uint8_t, 12> nonce;
  proto::Writer writer(absl::MakeSpan(nonce));
  writer.U64(message_id);
  writer.U32((from_server ? 1 : 0) | (cancel ? 2 : 0));
  return nonce;
}

bool SessionCryptoState::NextSealingNonce(size_t message_bytes, std::array<uint8_t, 12>* nonce) {
  // Once over the limit the sum stays over it: 2^64 is out of reach.
  const uint64_t blocks = SealedBlocks(cipher_, message_bytes);
  if (sealed_blocks_.fetch_add(blocks, std::memory_order_relaxed) + blocks > kSealedBlocksMax) {
    sealed_blocks_.store(kSealedBlocksMax, std::memory_order_relaxed);
    return false;
  }
  const uint64_t counter = next_nonce_.fetch_add(1, std::memory_order_relaxed);
  proto::Writer writer(absl::MakeSpan(*nonce));
  writer.U64(counter);
  writer.U32(0);
  return true;
}

}  // namespace sluice::session
