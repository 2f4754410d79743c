// NEGOTIATE, also in the clothes of SMB1 [MS-SMB2] 3.3.5.3, 3.3.5.4.
#include "proto/smb2/negotiate.h"

#include <algorithm>
#include <array>
#include <vector>

#include "proto/fscc/filetime.h"
#include "proto/smb2/smb1_negotiate.h"
#include "server/auth/spnego_server.h"
#include "server/session/credits.h"
#include "server/session/negotiation.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/refusal.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

session::ServerOptions OptionsNow(const ServerState& server) {
  const std::shared_ptr<const Preferences> preferences = server.preferences.Get();
  session::ServerOptions options;
  options.guid = server.guid;
  options.signing_algorithms = preferences->signing_algorithms;
  options.signing_required = preferences->signing_required;
  options.dialect_min = preferences->dialect_min;
  options.dialect_max = preferences->dialect_max;
  const LimitPreferences& limits = preferences->limits;
  // What a client's credits cannot pay for it must not try.
  const auto affordable = [&limits](uint64_t bytes) {
    return static_cast<uint32_t>(std::min(bytes, limits.credits * session::kCreditBytes));
  };
  options.read_bytes_max = affordable(limits.read_bytes);
  options.write_bytes_max = affordable(limits.write_bytes);
  options.transact_bytes_max = affordable(limits.transact_bytes);
  const auto encrypts = [](EncryptionMode mode) { return mode != EncryptionMode::kOff; };
  const bool any_share = std::any_of(
      preferences->shares.begin(), preferences->shares.end(),
      [](const auto& share) { return share.second.encryption > EncryptionMode::kEnabled; });
  if (encrypts(preferences->encryption) || any_share) options.ciphers = preferences->ciphers;
  return options;
}

NtStatus Negotiate(Request& request) {
  SmbConnection& connection = request.connection;
  Chain& chain = *request.chain;
  ServerState& server = chain.worker().server();
  const session::ServerOptions options = OptionsNow(server);
  const std::vector<uint8_t> token =
      auth::SpnegoHint(server.kerberos != nullptr, server.preferences.Get()->auth.ntlm);
  std::array<uint8_t, 32> salt;
  server.random.Fill(absl::MakeSpan(salt));
  session::NegotiateMaterial material;
  material.security_buffer = token;
  material.salt = salt;
  material.system_time = proto::FileTimeFromUnixNanos(server.clock.WallNanos());

  session::NegotiateResult result;
  if (chain.smb1()) {
    proto::Smb1Negotiate smb1;
    if (proto::Smb1Negotiate::Decode(request.message, &smb1)) {
      result = session::NegotiateSmb1(smb1, options, material);
      if (result.status != NtStatus::kOk) {
        constexpr uint16_t k202[] = {static_cast<uint16_t>(proto::Dialect::kSmb202)};
        NoteRefusal(request, base::RefusalKind::kProtocol, "",
                    smb1.smb_2_002 ? NoDialectSentence(k202, options)
                                   : "client offered only SMB 1, which is never served");
      }
    } else {
      result.status = NtStatus::kInvalidParameter;
    }
    // There is no SMB2 answer to a client that does not speak it.
    if (result.status == NtStatus::kInvalidParameter) {
      EndConnection(connection, nullptr, "its SMB1 NEGOTIATE is malformed ([MS-SMB2] 3.3.5.3)");
    } else if (result.status != NtStatus::kOk) {
      connection.Drop(net::CloseReason::kProtocolError);
    }
  } else {
    proto::NegotiateRequest decoded;
    if (!proto::NegotiateRequest::Decode(request.message, &decoded)) {
      return NtStatus::kInvalidParameter;
    }
    result = session::Negotiate(decoded, options, material);
    if (result.status == NtStatus::kNotSupported) {
      NoteRefusal(request, base::RefusalKind::kProtocol, "",
                  NoDialectSentence(decoded.dialects, options));
    } else if (result.status != NtStatus::kOk) {
      NoteRefusal(request, base::RefusalKind::kProtocol, "",
                  "client's SMB 3.1.1 offer has no preauthentication hash that is known");
    }
  }
  if (result.status != NtStatus::kOk) return result.status;
  connection.state().Settle(result.negotiated);
  connection.NoteProgress();
  if (result.negotiated.dialect == proto::Dialect::kSmb311) {
    connection.state().preauth.Update(request.message);
    chain.HashResponse(&connection.state().preauth);
  }
  result.response.Encode(request.response.body());
  return NtStatus::kOk;
}

}  // namespace

ring::Task<NtStatus> HandleNegotiate(Request& request) { co_return Negotiate(request); }

}  // namespace sluice::smb
