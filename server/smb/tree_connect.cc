// TREE_CONNECT and TREE_DISCONNECT [MS-SMB2] 3.3.5.7, 3.3.5.8.
#include "proto/smb2/tree_connect.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/smb2/tree_disconnect.h"
#include "proto/wire/utf16.h"
#include "server/base/log.h"
#include "server/fs/posix_security.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
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

// Without a user's rights nobody gets at files.
bool MayUse(const session::Session& session, const Share& share) {
  return share.kind == ShareKind::kPipe || !session.anonymous();
}

SharePreferences PreferencesOf(const ServerState& server, const Share& share) {
  const std::shared_ptr<const Preferences> preferences = server.preferences.Get();
  const auto found = preferences->shares.find(share.name);
  return found == preferences->shares.end() ? SharePreferences() : found->second;
}

// What is encrypted needs no signature.
bool SignsWell(const session::Session& session, bool encrypted,
               const std::vector<crypto::SigningAlgorithm>& acceptable) {
  return encrypted || session.anonymous() ||
         std::find(acceptable.begin(), acceptable.end(), session.crypto()->signing_algorithm()) !=
             acceptable.end();
}

uint32_t MaximalAccess(const Share& share) {
  if (share.kind == ShareKind::kPipe) return 0x001F00A9;
  if (share.read_only) return fs::kFileGenericRead | fs::kFileGenericExecute;
  return fs::kFileAllAccess;
}

// 3.1.1 protects what was negotiated by the signature of this request: without it the connection
// ends, unless the session has no key that is worth anything.
bool ProtectsNegotiation(const Request& request) {
  const session::Session& session = *request.session;
  return request.connection.dialect() != proto::Dialect::kSmb311 || request.chain->sealed() ||
         request.header.is_signed() || session.guest() || session.anonymous();
}

NtStatus TreeConnect(Request& request) {
  Chain& chain = *request.chain;
  ServerState& server = chain.worker().server();
  proto::TreeConnectRequest decoded;
  if (!proto::TreeConnectRequest::Decode(request.message, &decoded)) {
    return NtStatus::kInvalidParameter;
  }
  if (!ProtectsNegotiation(request)) {
    request.connection.Drop(net::CloseReason::kProtocolError);
    return NtStatus::kAccessDenied;
  }
  const std::shared_ptr<const Share> share = server.shares.Find(ShareName(decoded.path));
  if (share == nullptr) return NtStatus::kBadNetworkName;
  if (!MayUse(*request.session, *share)) return NtStatus::kAccessDenied;
  const SharePreferences preferences = PreferencesOf(server, *share);
  const EncryptionMode mode = preferences.encryption;
  const bool can_seal = request.session->crypto()->can_seal();
  if (mode == EncryptionMode::kRequired && !can_seal) return NtStatus::kAccessDenied;
  const bool encrypt = mode >= EncryptionMode::kDesired && can_seal;
  if (share->kind == ShareKind::kDisk &&
      !SignsWell(*request.session, encrypt || request.session->encrypt(), preferences.signing)) {
    return NtStatus::kAccessDenied;
  }

  const std::shared_ptr<session::Tree> tree = request.session->AddTree(share->name);
  if (tree == nullptr) return NtStatus::kInsufficientResources;
  auto state = std::make_unique<TreeState>(share);
  state->audit = preferences.audit;
  state->stats = chain.worker().stats().ForShare(share->name);
  state->maximal_access = MaximalAccess(*share);
  state->reject_plain = mode == EncryptionMode::kRequired;
  tree->encrypt = encrypt;
  proto::TreeConnectResponse response;
  response.maximal_access = state->maximal_access;
  tree->attachment = std::move(state);
  if (share->kind == ShareKind::kPipe) {
    response.share_type = proto::kShareTypePipe;
    response.share_flags = proto::kShareFlagNoCaching;
  }
  if (tree->encrypt) response.share_flags |= proto::kShareFlagEncryptData;
  chain.SetTree(tree);
  response.Encode(request.response.body());
  if (share->kind == ShareKind::kDisk) {
    base::Log(base::LogLevel::kInfo,
              {.connection = request.connection.state().id(), .session = request.session->id()},
              "client %s (%s) uses share %s", request.connection.peer(),
              request.session->user().name, share->name);
    if (chain.audits()) chain.Audit({.event = "share"});
  }
  return NtStatus::kOk;
}

}  // namespace

ring::Task<NtStatus> HandleTreeConnect(Request& request) {
  const NtStatus status = TreeConnect(request);
  if (status == NtStatus::kAccessDenied) {
    const std::string name = proto::Name(status);
    request.exchange->Audit({.event = "share", .ok = false, .status = name});
  }
  co_return status;
}

ring::Task<NtStatus> HandleTreeDisconnect(Request& request) {
  const std::shared_ptr<session::Session> session = request.chain->session();
  const std::shared_ptr<session::Tree> tree = request.chain->tree();
  co_await request.connection.EndTree(session, tree, request.chain);
  proto::TreeDisconnectResponse().Encode(request.response.body());
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb
