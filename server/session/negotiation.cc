#include "server/session/negotiation.h"

#include <algorithm>
#include <utility>

namespace sluice::session {
namespace {

using crypto::Cipher;
using crypto::SigningAlgorithm;
using proto::Dialect;
using proto::NtStatus;

constexpr uint32_t kSmallBytes = 65536;

constexpr Dialect kDialects[] = {Dialect::kSmb311, Dialect::kSmb302, Dialect::kSmb300,
                                 Dialect::kSmb210, Dialect::kSmb202};

// The greatest common dialect; kWildcard if there is none.
Dialect Choose(const proto::NegotiateRequest& request, const ServerOptions& options) {
  for (const Dialect dialect : kDialects) {
    if (dialect >= options.dialect_min && dialect <= options.dialect_max &&
        request.Offers(dialect)) {
      return dialect;
    }
  }
  return Dialect::kWildcard;
}

bool IsSmb3(Dialect dialect) { return dialect >= Dialect::kSmb300; }

template <typename T>
bool Has(const proto::AlgorithmIds& ids, T value) {
  return std::find(ids.begin(), ids.end(), static_cast<uint16_t>(value)) != ids.end();
}

// 3.1.1 only.
NtStatus ProcessContexts(const proto::NegotiateContexts& contexts, const ServerOptions& options,
                         const NegotiateMaterial& material, NegotiateResult* result) {
  proto::NegotiateContexts& answer = result->response.contexts;
  if (!contexts.preauth_integrity.has_value()) return NtStatus::kInvalidParameter;
  if (!Has(contexts.preauth_integrity->hash_algorithms, proto::kHashSha512)) {
    return NtStatus::kSmbNoPreauthIntegrityHashOverlap;
  }
  answer.preauth_integrity.emplace();
  answer.preauth_integrity->hash_algorithms = {proto::kHashSha512};
  answer.preauth_integrity->salt = material.salt;

  // A server without encryption leaves the context out; one that has no cipher in common with the
  // client says so with cipher 0.
  if (contexts.ciphers.has_value() && !options.ciphers.empty()) {
    for (const Cipher cipher : options.ciphers) {
      if (cipher == Cipher::kNone || !Has(*contexts.ciphers, cipher)) continue;
      result->negotiated.cipher = cipher;
      break;
    }
    answer.ciphers = proto::AlgorithmIds{static_cast<uint16_t>(result->negotiated.cipher)};
  }

  result->negotiated.signing_algorithm = SigningAlgorithm::kAes128Cmac;
  if (contexts.signing_algorithms.has_value()) {
    for (const SigningAlgorithm algorithm : options.signing_algorithms) {
      if (!Has(*contexts.signing_algorithms, algorithm)) continue;
      result->negotiated.signing_algorithm = algorithm;
      answer.signing_algorithms = proto::AlgorithmIds{static_cast<uint16_t>(algorithm)};
      break;
    }
  }
  return NtStatus::kOk;
}

uint32_t Capabilities(Dialect dialect, uint32_t client, const ServerOptions& options,
                      Cipher cipher) {
  uint32_t capabilities = 0;
  if (dialect >= Dialect::kSmb210) {
    capabilities |= proto::kCapLargeMtu;
    if (options.leasing) capabilities |= proto::kCapLeasing;
  }
  if (IsSmb3(dialect)) {
    if (options.directory_leasing) capabilities |= client & proto::kCapDirectoryLeasing;
    if (options.multi_channel) capabilities |= client & proto::kCapMultiChannel;
    if (options.persistent_handles) capabilities |= client & proto::kCapPersistentHandles;
    // In 3.1.1 the context says it.
    if (dialect != Dialect::kSmb311 && cipher != Cipher::kNone) {
      capabilities |= proto::kCapEncryption;
    }
  }
  return capabilities;
}

// Copies what both sides must remember into the response.
void FillResponse(const ServerOptions& options, const NegotiateMaterial& material,
                  NegotiateResult* result) {
  Negotiated& terms = result->negotiated;
  proto::NegotiateResponse& response = result->response;
  terms.server_guid = options.guid;
  terms.server_security_mode =
      proto::kSigningEnabled | (options.signing_required ? proto::kSigningRequired : 0);
  response.security_mode = terms.server_security_mode;
  response.dialect_revision = terms.dialect;
  response.server_guid = options.guid;
  response.capabilities = terms.server_capabilities;
  response.max_transact_size = terms.transact_bytes_max;
  response.max_read_size = terms.read_bytes_max;
  response.max_write_size = terms.write_bytes_max;
  response.system_time = material.system_time;
  response.security_buffer = material.security_buffer;
}

void SmallSizes(Negotiated* terms, const ServerOptions& options) {
  terms->transact_bytes_max = std::min(kSmallBytes, options.transact_bytes_max);
  terms->read_bytes_max = std::min(kSmallBytes, options.read_bytes_max);
  terms->write_bytes_max = std::min(kSmallBytes, options.write_bytes_max);
}

}  // namespace

NegotiateResult Negotiate(const proto::NegotiateRequest& request, const ServerOptions& options,
                          const NegotiateMaterial& material) {
  NegotiateResult result;
  Negotiated& terms = result.negotiated;
  if (request.dialects.empty()) {
    result.status = NtStatus::kInvalidParameter;
    return result;
  }
  terms.dialect = Choose(request, options);
  if (terms.dialect == Dialect::kWildcard) {
    result.status = NtStatus::kNotSupported;
    return result;
  }
  terms.client_security_mode = request.security_mode;
  terms.client_capabilities = request.capabilities;
  terms.client_guid = request.client_guid;
  terms.client_dialects = request.dialects;
  if (terms.dialect == Dialect::kSmb311) {
    result.status = ProcessContexts(request.contexts, options, material, &result);
    if (result.status != NtStatus::kOk) return result;
  } else if (IsSmb3(terms.dialect)) {
    terms.signing_algorithm = SigningAlgorithm::kAes128Cmac;
    const bool has_ccm = std::find(options.ciphers.begin(), options.ciphers.end(),
                                   Cipher::kAes128Ccm) != options.ciphers.end();
    if (has_ccm && (request.capabilities & proto::kCapEncryption) != 0) {
      terms.cipher = Cipher::kAes128Ccm;
    }
  }
  terms.multi_credit = terms.dialect >= Dialect::kSmb210;
  if (terms.multi_credit) {
    terms.transact_bytes_max = options.transact_bytes_max;
    terms.read_bytes_max = options.read_bytes_max;
    terms.write_bytes_max = options.write_bytes_max;
  } else {
    SmallSizes(&terms, options);
  }
  terms.server_capabilities =
      Capabilities(terms.dialect, request.capabilities, options, terms.cipher);
  FillResponse(options, material, &result);
  return result;
}

NegotiateResult NegotiateSmb1(const proto::Smb1Negotiate& request, const ServerOptions& options,
                              const NegotiateMaterial& material) {
  NegotiateResult result;
  Negotiated& terms = result.negotiated;
  if (request.smb_2_wildcard && options.dialect_max > Dialect::kSmb202) {
    terms.dialect = Dialect::kWildcard;
    terms.server_capabilities = proto::kCapLargeMtu | (options.leasing ? proto::kCapLeasing : 0);
  } else if (request.smb_2_002 && options.dialect_min == Dialect::kSmb202) {
    terms.dialect = Dialect::kSmb202;
  } else {
    result.status = NtStatus::kNotSupported;
    return result;
  }
  SmallSizes(&terms, options);
  FillResponse(options, material, &result);
  return result;
}

bool ValidateNegotiate(const Negotiated& negotiated,
                       const proto::ValidateNegotiateInfoRequest& request,
                       uint32_t max_output_bytes, proto::ValidateNegotiateInfoResponse* response) {
  if (negotiated.dialect == Dialect::kSmb311) return false;
  if (max_output_bytes < proto::ValidateNegotiateInfoResponse::kBytes) return false;
  if (request.dialects != negotiated.client_dialects || request.guid != negotiated.client_guid ||
      request.security_mode != negotiated.client_security_mode ||
      request.capabilities != negotiated.client_capabilities) {
    return false;
  }
  response->capabilities = negotiated.server_capabilities;
  response->guid = negotiated.server_guid;
  response->security_mode = negotiated.server_security_mode;
  response->dialect = static_cast<uint16_t>(negotiated.dialect);
  return true;
}

}  // namespace sluice::session
