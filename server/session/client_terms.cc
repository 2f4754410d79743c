#include "server/session/client_terms.h"

namespace sluice::session {

proto::NegotiateRequest MakeNegotiateRequest(const ClientOffer& offer,
                                             absl::Span<const uint8_t> salt) {
  proto::NegotiateRequest request;
  request.security_mode = offer.security_mode;
  request.capabilities = proto::kCapLargeMtu | proto::kCapEncryption;
  request.client_guid = offer.client_guid;
  bool contexts = false;
  for (const proto::Dialect dialect : offer.dialects) {
    request.dialects.push_back(static_cast<uint16_t>(dialect));
    contexts = contexts || dialect == proto::Dialect::kSmb311;
  }
  if (!contexts) return request;
  request.contexts.preauth_integrity.emplace();
  request.contexts.preauth_integrity->hash_algorithms = {proto::kHashSha512};
  request.contexts.preauth_integrity->salt = salt;
  if (!offer.ciphers.empty()) request.contexts.ciphers.emplace();
  for (const crypto::Cipher cipher : offer.ciphers) {
    request.contexts.ciphers->push_back(static_cast<uint16_t>(cipher));
  }
  if (!offer.signing.empty()) request.contexts.signing_algorithms.emplace();
  for (const crypto::SigningAlgorithm algorithm : offer.signing) {
    request.contexts.signing_algorithms->push_back(static_cast<uint16_t>(algorithm));
  }
  return request;
}

KeyParameters ClientTerms(const proto::NegotiateResponse& response) {
  KeyParameters terms;
  terms.role = Role::kClient;
  terms.dialect = response.dialect_revision;
  if (terms.dialect >= proto::Dialect::kSmb300) {
    terms.signing_algorithm = crypto::SigningAlgorithm::kAes128Cmac;
  }
  const proto::NegotiateContexts& contexts = response.contexts;
  if (contexts.signing_algorithms.has_value() && !contexts.signing_algorithms->empty()) {
    terms.signing_algorithm =
        static_cast<crypto::SigningAlgorithm>(contexts.signing_algorithms->front());
  }
  if (contexts.ciphers.has_value() && !contexts.ciphers->empty()) {
    terms.cipher = static_cast<crypto::Cipher>(contexts.ciphers->front());
  } else if ((response.capabilities & proto::kCapEncryption) != 0 &&
             terms.dialect < proto::Dialect::kSmb311) {
    terms.cipher = crypto::Cipher::kAes128Ccm;
  }
  return terms;
}

}  // namespace sluice::session
