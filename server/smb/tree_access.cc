#include "server/smb/tree_access.h"

#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/auth/group_store.h"
#include "server/base/log.h"
#include "server/base/name_match.h"
#include "server/smb/chain.h"
#include "server/smb/reader_create.h"
#include "server/smb/refusal.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"
#include "server/storage/backend.h"

namespace sluice::smb {

using proto::NtStatus;

std::optional<SharePreferences> PreferencesOf(const ServerState& server, const Share& share) {
  if (share.kind == ShareKind::kPipe) return SharePreferences();
  const std::shared_ptr<const Preferences> preferences = server.preferences.Get();
  const auto found = preferences->shares.find(share.name);
  if (found == preferences->shares.end()) return std::nullopt;
  return found->second;
}

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

ring::Task<NtStatus> CheckReach(const Request& request, const Share& share) {
  const std::shared_ptr<const base::Identity> who = request.session->user().identity;
  const int error = co_await share.backend->CheckReach(*who);
  if (error == 0) co_return NtStatus::kOk;
  co_return RefuseShare(
      request, share,
      absl::StrCat("its directory cannot be reached by the user: ", std::strerror(-error)));
}

NtStatus RefuseShare(const Request& request, const Share& share, absl::string_view why) {
  const std::string& user = request.session->user().name;
  NoteRefusal(request, base::RefusalKind::kAccess, user,
              absl::StrCat("user ", base::Quoted(user), " may not use share ",
                           base::Quoted(share.name), ": ", why));
  return NtStatus::kAccessDenied;
}

NtStatus RefuseUser(const Request& request, const Share& share) {
  const bool guest = request.session->guest() || request.session->anonymous();
  return RefuseShare(request, share,
                     guest ? "guests are not allowed there" : "its lists do not allow it");
}

namespace {

NtStatus AdmitAt(Request& request, auth::ShareLevel level) {
  switch (level) {
    case auth::ShareLevel::kNone:
      break;
    case auth::ShareLevel::kRead:
      return KeepToReading(request.message);
    case auth::ShareLevel::kWrite:
      return NtStatus::kOk;
  }
  return NtStatus::kAccessDenied;
}

}  // namespace

bool TreeIsJudged(const Request& request) {
  return StateOf(*request.tree).judged_at == request.session->authentications();
}

NtStatus AdmitCreate(Request& request) { return AdmitAt(request, StateOf(*request.tree).level); }

ring::Task<NtStatus> JudgeCreate(Request& request) {
  const uint64_t authentications = request.session->authentications();
  const std::optional<SharePreferences> preferences =
      PreferencesOf(request.chain->worker().server(), *request.share);
  if (!preferences.has_value()) co_return NtStatus::kNetworkNameDeleted;
  const auth::ShareLevel level = co_await LevelOf(request, *request.session, *preferences);
  if (level != auth::ShareLevel::kNone) {
    const NtStatus reach = co_await CheckReach(request, *request.share);
    if (reach != NtStatus::kOk) co_return reach;
  }
  // The session may have authenticated once more meanwhile: then this is about this request only,
  // which runs with the rights of the user that it was judged for.
  if (request.session->authentications() == authentications) {
    StateOf(*request.tree).Judge(level, authentications);
    if (level == auth::ShareLevel::kNone) co_return RefuseUser(request, *request.share);
  }
  co_return AdmitAt(request, level);
}

}  // namespace sluice::smb
