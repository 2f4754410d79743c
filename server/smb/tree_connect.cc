// TREE_CONNECT and TREE_DISCONNECT [MS-SMB2] 3.3.5.7, 3.3.5.8.
#include "proto/smb2/tree_connect.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/smb2/tree_disconnect.h"
#include "proto/wire/utf16.h"
#include "server/auth/share_access.h"
#include "server/base/log.h"
#include "server/fs/posix_security.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/refusal.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/tree_access.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

// The share's name in \\server\share; "" for anything else.
std::string ShareName(absl::Span<const uint8_t> path) {
  std::string utf8;
  if (!proto::Utf16ToUtf8(path, &utf8)) return "";
  absl::string_view rest = utf8;
  if (rest.substr(0, 2) != "\\\\") return "";
  rest.remove_prefix(2);
  const size_t separator = rest.find('\\');
  if (separator == absl::string_view::npos || separator == 0) return "";
  rest.remove_prefix(separator + 1);
  if (rest.find('\\') != absl::string_view::npos) return "";
  return std::string(rest);
}

// Whether the share takes every algorithm, and so also a session that does not sign.
bool TakesAny(const std::vector<crypto::SigningAlgorithm>& acceptable) {
  return acceptable.size() == SharePreferences().signing.size();
}

// What is encrypted needs no signature.
bool SignsWell(const session::Session& session, bool encrypted,
               const std::vector<crypto::SigningAlgorithm>& acceptable) {
  if (encrypted || TakesAny(acceptable)) return true;
  return session.crypto()->signing_required() &&
         std::find(acceptable.begin(), acceptable.end(), session.crypto()->signing_algorithm()) !=
             acceptable.end();
}

uint32_t MaximalAccess(const Share& share, bool read_only) {
  if (share.kind == ShareKind::kPipe) return 0x001F00A9;
  if (read_only) return fs::kFileGenericRead | fs::kFileGenericExecute;
  return fs::kFileAllAccess;
}

// 3.1.1 protects what was negotiated by the signature of this request: without it the connection
// ends, unless the session has no key that is worth anything.
bool ProtectsNegotiation(const Request& request) {
  const session::Session& session = *request.session;
  return request.connection.dialect() != proto::Dialect::kSmb311 || request.chain->sealed() ||
         request.header.is_signed() || session.guest() || session.anonymous();
}

void Respond(Request& request, const Share& share, session::Tree& tree) {
  proto::TreeConnectResponse response;
  response.maximal_access = StateOf(tree).maximal_access;
  if (share.kind == ShareKind::kPipe) {
    response.share_type = proto::kShareTypePipe;
    response.share_flags = proto::kShareFlagNoCaching;
  }
  if (tree.encrypt) response.share_flags |= proto::kShareFlagEncryptData;
  response.Encode(request.response.body());
}

}  // namespace

ring::Task<NtStatus> HandleTreeConnect(Request& request) {
  Chain& chain = *request.chain;
  ServerState& server = chain.worker().server();
  proto::TreeConnectRequest decoded;
  if (!proto::TreeConnectRequest::Decode(request.message, &decoded)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (!ProtectsNegotiation(request)) {
    EndConnection(request.connection, &request.header,
                  "with 3.1.1 the signature of TREE_CONNECT protects the negotiation, and there is "
                  "none ([MS-SMB2] 3.3.5.7)");
    co_return NtStatus::kAccessDenied;
  }
  const std::shared_ptr<const Share> share = server.shares.Find(ShareName(decoded.path));
  if (share == nullptr) co_return NtStatus::kBadNetworkName;
  // Used to the end: a change that comes while this waits is for the next tree connect.
  const std::optional<SharePreferences> preferences = PreferencesOf(server, *share);
  if (!preferences.has_value()) co_return NtStatus::kBadNetworkName;
  const std::shared_ptr<session::Session> session = chain.session();
  const uint64_t authentications = session->authentications();
  auth::ShareLevel level = auth::ShareLevel::kWrite;
  if (share->kind == ShareKind::kDisk) {
    level = co_await LevelOf(request, *session, *preferences);
    if (level != auth::ShareLevel::kNone) {
      const NtStatus status = co_await CheckReach(request, *share);
      if (status != NtStatus::kOk) co_return status;
    }
    if (request.connection.FindSession(session->id()) != session) {
      co_return NtStatus::kUserSessionDeleted;
    }
    // The share may have been removed in the meantime.
    if (server.shares.Find(share->name) != share) co_return NtStatus::kBadNetworkName;
  }
  if (level == auth::ShareLevel::kNone) {
    co_return RefuseUser(request, *share);
  }
  const EncryptionMode mode = preferences->encryption;
  if (mode == EncryptionMode::kRequired && !session->CanEncrypt()) {
    co_return RefuseShare(request, *share, "it must be encrypted, and the client cannot");
  }
  const bool encrypt = mode >= EncryptionMode::kDesired && session->CanEncrypt();
  bool reject_plain = mode == EncryptionMode::kRequired;
  if (share->kind == ShareKind::kDisk && !SignsWell(*session, false, preferences->signing)) {
    if (!SignsWell(*session, encrypt || session->encrypt(), preferences->signing)) {
      co_return RefuseShare(
          request, *share,
          "the session does not sign, or signs with an algorithm not wanted there");
    }
    // It is let in because it encrypts, so it has to.
    reject_plain = true;
  }

  const std::shared_ptr<session::Tree> tree = session->AddTree(share->name);
  if (tree == nullptr) co_return NtStatus::kInsufficientResources;
  auto state = std::make_unique<TreeState>(share);
  state->audit = preferences->audit;
  state->stats = chain.worker().stats().ForShare(share->name);
  state->Judge(level, authentications);
  state->maximal_access =
      MaximalAccess(*share, share->read_only || level != auth::ShareLevel::kWrite);
  state->reject_plain = reject_plain;
  tree->encrypt = encrypt;
  tree->attachment = std::move(state);
  chain.SetTree(tree);
  Respond(request, *share, *tree);
  if (share->kind == ShareKind::kDisk) {
    base::LogWithIds(
        base::LogLevel::kInfo,
        {.connection = request.connection.state().id(), .session = request.session->id()},
        "client %s (%s) uses share %s", request.connection.peer(), request.session->user().name,
        share->name);
    if (chain.audits()) chain.Audit({.event = "share"});
  }
  co_return NtStatus::kOk;
}

ring::Task<NtStatus> HandleTreeDisconnect(Request& request) {
  const std::shared_ptr<session::Session> session = request.chain->session();
  const std::shared_ptr<session::Tree> tree = request.chain->tree();
  co_await request.connection.EndTree(session, tree, request.chain);
  proto::TreeDisconnectResponse().Encode(request.response.body());
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb
