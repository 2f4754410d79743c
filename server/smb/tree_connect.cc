// TREE_CONNECT and TREE_DISCONNECT [MS-SMB2] 3.3.5.7, 3.3.5.8.
#include "proto/smb2/tree_connect.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/smb2/tree_disconnect.h"
#include "proto/wire/utf16.h"
#include "server/auth/group_store.h"
#include "server/auth/share_access.h"
#include "server/base/log.h"
#include "server/fs/posix_security.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/refusal.h"
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

// None for a disk share that is just being removed.
std::optional<SharePreferences> PreferencesOf(const ServerState& server, const Share& share) {
  if (share.kind == ShareKind::kPipe) return SharePreferences();
  const std::shared_ptr<const Preferences> preferences = server.preferences.Get();
  const auto found = preferences->shares.find(share.name);
  if (found == preferences->shares.end()) return std::nullopt;
  return found->second;
}

// What is encrypted needs no signature.
bool SignsWell(const session::Session& session, bool encrypted,
               const std::vector<crypto::SigningAlgorithm>& acceptable) {
  return encrypted || session.anonymous() ||
         std::find(acceptable.begin(), acceptable.end(), session.crypto()->signing_algorithm()) !=
             acceptable.end();
}

// What the session's user may do in the share, by its lists. Asks NSS, on the blocking pool, about
// groups that are not the gateway's own.
ring::Task<auth::ShareLevel> LevelOf(Request& request, const session::Session& session,
                                     const SharePreferences& preferences) {
  const ServerState& server = request.chain->worker().server();
  if (session.anonymous()) co_return auth::ShareLevel::kNone;
  if (session.guest() && !preferences.guest) co_return auth::ShareLevel::kNone;
  const auth::ShareLists lists = {preferences.allow_read, preferences.deny_read,
                                  preferences.allow_write, preferences.deny_write};
  const std::string user = session.user().name;
  std::set<std::string> unix_groups;
  for (const std::string& group : auth::GroupsIn(lists)) {
    if (server.groups == nullptr || !server.groups->Has(group)) unix_groups.insert(group);
  }
  if (!unix_groups.empty() && !session.guest()) {
    // The session's credentials are the user's own only where they can be switched.
    const std::shared_ptr<const base::Identity> identity =
        server.identities.can_switch ? session.user().identity : nullptr;
    auto ask = [&] { return auth::UnixGroupsOf(user, identity.get(), unix_groups); };
    auto operation = request.chain->worker().OffloadLookup(std::move(ask));
    std::optional<std::set<std::string>> found = co_await operation;
    if (!found.has_value()) {
      base::Log(base::LogLevel::kWarning,
                "the groups of %s cannot be looked up: no share that names groups is for them now",
                base::Quoted(user));
      co_return auth::ShareLevel::kNone;
    }
    unix_groups = *std::move(found);
  } else {
    unix_groups.clear();
  }
  const auto in_group = [&](absl::string_view group, base::NameMatch match) {
    return unix_groups.count(std::string(group)) != 0 ||
           (server.groups != nullptr && server.groups->IsMember(group, user, match));
  };
  co_return auth::LevelOf(lists, user, session.user().name_match, in_group);
}

NtStatus RefuseShare(const Request& request, const Share& share, absl::string_view why) {
  const std::string& user = request.session->user().name;
  NoteRefusal(request, base::RefusalKind::kAccess, user,
              absl::StrCat("user ", base::Quoted(user), " may not use share ",
                           base::Quoted(share.name), ": ", why));
  return NtStatus::kAccessDenied;
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
    request.connection.Drop(net::CloseReason::kProtocolError);
    co_return NtStatus::kAccessDenied;
  }
  const std::shared_ptr<const Share> share = server.shares.Find(ShareName(decoded.path));
  if (share == nullptr) co_return NtStatus::kBadNetworkName;
  // Used to the end: a change that comes while this waits is for the next tree connect.
  const std::optional<SharePreferences> preferences = PreferencesOf(server, *share);
  if (!preferences.has_value()) co_return NtStatus::kBadNetworkName;
  const std::shared_ptr<session::Session> session = chain.session();
  auth::ShareLevel level = auth::ShareLevel::kWrite;
  if (share->kind == ShareKind::kDisk) {
    level = co_await LevelOf(request, *session, *preferences);
    if (request.connection.FindSession(session->id()) != session) {
      co_return NtStatus::kUserSessionDeleted;
    }
    // The share may have been removed in the meantime.
    if (server.shares.Find(share->name) != share) co_return NtStatus::kBadNetworkName;
  }
  if (level == auth::ShareLevel::kNone) {
    co_return RefuseShare(request, *share,
                          session->guest() || session->anonymous() ? "guests are not allowed there"
                                                                   : "its lists do not allow it");
  }
  const EncryptionMode mode = preferences->encryption;
  const bool can_seal = session->crypto()->can_seal();
  if (mode == EncryptionMode::kRequired && !can_seal) {
    co_return RefuseShare(request, *share, "it must be encrypted, and the client cannot");
  }
  const bool encrypt = mode >= EncryptionMode::kDesired && can_seal;
  if (share->kind == ShareKind::kDisk &&
      !SignsWell(*session, encrypt || session->encrypt(), preferences->signing)) {
    co_return RefuseShare(request, *share, "the session signs with an algorithm not wanted there");
  }

  const std::shared_ptr<session::Tree> tree = session->AddTree(share->name);
  if (tree == nullptr) co_return NtStatus::kInsufficientResources;
  auto state = std::make_unique<TreeState>(share);
  state->audit = preferences->audit;
  state->stats = chain.worker().stats().ForShare(share->name);
  state->read_only = level == auth::ShareLevel::kRead;
  state->maximal_access = MaximalAccess(*share, share->read_only || state->read_only);
  state->reject_plain = mode == EncryptionMode::kRequired;
  tree->encrypt = encrypt;
  tree->attachment = std::move(state);
  chain.SetTree(tree);
  Respond(request, *share, *tree);
  if (share->kind == ShareKind::kDisk) {
    base::Log(base::LogLevel::kInfo,
              {.connection = request.connection.state().id(), .session = request.session->id()},
              "client %s (%s) uses share %s", request.connection.peer(),
              request.session->user().name, share->name);
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
