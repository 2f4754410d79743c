#include "server/control/preference_effects.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/smb2/negotiate.h"
#include "server/auth/mechanism.h"
#include "server/auth/share_access.h"
#include "server/base/fold_name.h"

namespace sluice::control {
namespace {

using config::PreferenceChange;
using nlohmann::json;
using session::SessionInfo;

// More than a gateway can have.
constexpr size_t kTreesMax = 1'000'000;

template <typename T>
bool Has(const std::vector<T>& list, T value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool CanEncrypt(const SessionInfo& session) {
  return session.cipher != crypto::Cipher::kNone && !session.guest && !session.anonymous;
}

std::string EncryptionNow(bool encrypted, crypto::Cipher cipher) {
  return encrypted ? absl::StrCat("encrypted with ", crypto::Name(cipher)) : "unencrypted";
}

// One session, and what the change of one preference of the gateway means to it; "" for nothing.
struct Question {
  const SessionInfo& session;
  const PreferenceChange& change;
  const Preferences& after;
};

std::string OfDialectMin(const Question& q) {
  if (q.session.dialect >= q.after.dialect_min) return "";
  return absl::StrCat("goes on with SMB ", proto::Name(q.session.dialect),
                      "; when it connects again it is refused unless it can do better");
}

std::string OfDialectMax(const Question& q) {
  if (q.session.dialect <= q.after.dialect_max) return "";
  return absl::StrCat("goes on with SMB ", proto::Name(q.session.dialect),
                      "; when it connects again it gets SMB ", proto::Name(q.after.dialect_max),
                      " or older");
}

std::string OfSigningRequired(const Question& q) {
  if (q.session.signing_required == q.after.signing_required) return "";
  return q.after.signing_required
             ? "goes on without having to sign; when it connects again it must"
             : "goes on having to sign; when it connects again it must only if it asks to";
}

// Below 3.1.1 nothing is negotiated: what signs follows from the dialect.
std::string OfSigningAlgorithms(const Question& q) {
  if (q.session.dialect != proto::Dialect::kSmb311 ||
      Has(q.after.signing_algorithms, q.session.signing_algorithm)) {
    return "";
  }
  return absl::StrCat("goes on signing with ", crypto::Name(q.session.signing_algorithm),
                      "; when it connects again it cannot sign with it any more");
}

std::string OfEncryptionMode(const Question& q) {
  const EncryptionMode mode = q.after.encryption;
  std::string later;
  if (mode == EncryptionMode::kRequired && !CanEncrypt(q.session)) {
    later = q.session.guest || q.session.anonymous ? "it is refused: a guest cannot encrypt"
                                                   : "it is refused unless it can encrypt";
  } else if (mode >= EncryptionMode::kDesired && CanEncrypt(q.session) && !q.session.encrypted) {
    later = "it encrypts";
  } else if (mode == EncryptionMode::kEnabled && q.session.encrypted) {
    later = "it encrypts only if it asks to";
  } else if (mode == EncryptionMode::kOff && q.session.encrypted) {
    later = "it cannot encrypt";
  }
  if (later.empty()) return "";
  return absl::StrCat("goes on ", EncryptionNow(q.session.encrypted, q.session.cipher),
                      "; when it logs on again ", later);
}

std::string OfCiphers(const Question& q) {
  if (q.session.cipher == crypto::Cipher::kNone || Has(q.after.ciphers, q.session.cipher)) {
    return "";
  }
  const char* const later = q.session.dialect == proto::Dialect::kSmb311
                                ? "it must use another cipher"
                            : q.after.encryption == EncryptionMode::kRequired
                                ? "it is refused: its dialect has no other"
                                : "it cannot encrypt: its dialect has no other";
  return absl::StrCat("goes on with ", crypto::Name(q.session.cipher), "; when it connects again ",
                      later);
}

std::string OfNtlm(const Question& q) {
  if (q.after.auth.ntlm || q.session.log_on == auth::kKerberosName) return "";
  return "goes on; when it logs on again it is refused unless it has a Kerberos ticket";
}

std::string OfOpens(const Question& q) {
  const size_t opens = q.session.opens == nullptr ? 0 : q.session.opens->load();
  if (opens < q.after.limits.opens_per_session) return "";
  return absl::StrCat("keeps its ", opens, " open files; it can open others only below ",
                      q.after.limits.opens_per_session);
}

// What it has now is known to its connection only: earlier changes may not have reached it.
std::string WhenItConnects(const Question& q) {
  return absl::StrCat("goes on with what its connection was told; when it connects again ",
                      q.change.key.row->name, " = ", q.change.after, " holds for it");
}

std::string AtOnce(const Question& q) {
  return absl::StrCat(q.change.key.row->name, " = ", q.change.after, " holds for it at once");
}

// Preferences that are not here mean nothing to a session that there is.
constexpr struct {
  absl::string_view name;
  std::string (*effect)(const Question& question);
} kOfGateway[] = {
    {"dialect.min", OfDialectMin},
    {"dialect.max", OfDialectMax},
    {"signing.required", OfSigningRequired},
    {"signing.algorithms", OfSigningAlgorithms},
    {"encryption.mode", OfEncryptionMode},
    {"encryption.ciphers", OfCiphers},
    {"auth.ntlm", OfNtlm},
    {"limits.opens_per_session", OfOpens},
    {"limits.requests_in_flight", AtOnce},
    {"limits.credits", AtOnce},
    {"limits.read_bytes", WhenItConnects},
    {"limits.write_bytes", WhenItConnects},
    {"limits.transact_bytes", WhenItConnects},
    {"timeouts.break", AtOnce},
};

// A session that is connected to the share.
struct ShareQuestion {
  const SessionInfo& session;
  bool encrypted = false;  // the session or the tree connect
  const SharePreferences& before;
  const SharePreferences& after;
  const auth::GroupStore& groups;
};

auth::ShareLevel LevelOf(const ShareQuestion& q, const SharePreferences& share) {
  if (q.session.anonymous || (q.session.guest && !share.guest)) return auth::ShareLevel::kNone;
  const auth::ShareLists lists = {share.allow_read, share.deny_read, share.allow_write,
                                  share.deny_write};
  std::set<std::string> unix_groups;
  for (const std::string& group : auth::GroupsIn(lists)) {
    if (!q.groups.Has(group)) unix_groups.insert(group);
  }
  if (!unix_groups.empty()) {
    std::optional<std::set<std::string>> found =
        auth::UnixGroupsOf(q.session.user, nullptr, unix_groups);
    if (!found.has_value()) return auth::ShareLevel::kNone;
    unix_groups = *std::move(found);
  }
  const auto in_group = [&](absl::string_view group, base::NameMatch match) {
    return unix_groups.count(std::string(group)) != 0 ||
           q.groups.IsMember(group, q.session.user, match);
  };
  return auth::LevelOf(lists, q.session.user, q.session.name_match, in_group);
}

std::string OfLists(const ShareQuestion& q) {
  const auth::ShareLevel before = LevelOf(q, q.before);
  const auth::ShareLevel after = LevelOf(q, q.after);
  if (before == after) return "";
  switch (after) {
    case auth::ShareLevel::kNone:
      return "goes on; when it connects to the share again it is refused";
    case auth::ShareLevel::kRead:
      return "goes on; when it connects to the share again it may only read";
    case auth::ShareLevel::kWrite:
      break;
  }
  return "goes on; when it connects to the share again it may write";
}

std::string OfShareEncryption(const ShareQuestion& q) {
  const EncryptionMode mode = q.after.encryption;
  const bool can = CanEncrypt(q.session);
  std::string later;
  if (mode == EncryptionMode::kRequired && !can) {
    later = "it is refused: it cannot encrypt";
  } else if (mode >= EncryptionMode::kDesired && can && !q.encrypted) {
    later = "it encrypts";
  } else if (mode < EncryptionMode::kDesired && q.encrypted && !q.session.encrypted) {
    later = "it does not have to encrypt";
  }
  if (later.empty()) return "";
  return absl::StrCat("goes on ", EncryptionNow(q.encrypted, q.session.cipher),
                      "; when it connects to the share again ", later);
}

std::string OfShareSigning(const ShareQuestion& q) {
  if (q.encrypted || q.session.anonymous || Has(q.after.signing, q.session.signing_algorithm)) {
    return "";
  }
  return absl::StrCat("goes on; when it connects to the share again it is refused: it signs with ",
                      crypto::Name(q.session.signing_algorithm));
}

std::string OfReadOnly(const ShareQuestion& q) {
  return q.after.read_only ? "can change nothing in the share from now on"
                           : "the share is not read-only for it any more";
}

std::string OfCase(const ShareQuestion& q) {
  return q.after.case_sensitive ? "must spell names exactly from now on"
                                : "may spell names in any case from now on";
}

std::string OfAudit(const ShareQuestion& q) {
  return absl::StrCat("what it does after it has connected to the share again is ",
                      q.after.audit ? "" : "not ", "written to the audit log");
}

// As kOfGateway.
constexpr struct {
  absl::string_view name;
  std::string (*effect)(const ShareQuestion& question);
} kOfShares[] = {
    {"read_only", OfReadOnly},   {"encryption", OfShareEncryption},
    {"signing", OfShareSigning}, {"case_sensitive", OfCase},
    {"audit", OfAudit},          {"guest", OfLists},
    {"allow_read", OfLists},     {"deny_read", OfLists},
    {"allow_write", OfLists},    {"deny_write", OfLists},
};

class Effects {
 public:
  Effects(Gateway& gateway, const config::ChangeResult& change)
      : gateway_(gateway), change_(change), sessions_(gateway.sessions().List()) {}

  json Find() {
    for (const SessionInfo& session : sessions_) {
      for (const PreferenceChange& change : change_.changed) {
        if (change.key.row->of_share) continue;
        for (const auto& row : kOfGateway) {
          if (row.name != change.key.row->name) continue;
          Add(session, change, row.effect({session, change, change_.after}));
        }
      }
    }
    const bool of_shares =
        std::any_of(change_.changed.begin(), change_.changed.end(),
                    [](const PreferenceChange& change) { return change.key.row->of_share; });
    if (of_shares && !sessions_.empty()) FindInShares();
    return std::move(effects_);
  }

 private:
  void FindInShares() {
    const Inventory trees = gateway_.List({.kind = InventoryKind::kTrees, .rows_max = kTreesMax});
    std::set<std::pair<uint64_t, std::string>> seen;  // a session may have several of one share
    for (const InventoryRow& tree : trees.rows) {
      const auto session =
          std::find_if(sessions_.begin(), sessions_.end(),
                       [&tree](const SessionInfo& one) { return one.id == tree.session; });
      if (session == sessions_.end() || !seen.emplace(tree.session, tree.share).second) continue;
      for (const PreferenceChange& change : change_.changed) {
        if (change.key.row->of_share && base::SameName(change.key.share, tree.share)) {
          AddOfShare(*session, tree, change);
        }
      }
    }
  }

  void AddOfShare(const SessionInfo& session, const InventoryRow& tree,
                  const PreferenceChange& change) {
    const auto before = change_.before.shares.find(change.key.share);
    const auto after = change_.after.shares.find(change.key.share);
    if (before == change_.before.shares.end() || after == change_.after.shares.end()) return;
    for (const auto& row : kOfShares) {
      if (row.name != change.key.row->name) continue;
      Add(session, change,
          row.effect({session, tree.encrypted, before->second, after->second, gateway_.groups()}));
    }
  }

  void Add(const SessionInfo& session, const PreferenceChange& change, const std::string& effect) {
    if (effect.empty()) return;
    effects_.push_back({{"session", absl::StrCat(absl::Hex(session.id, absl::kZeroPad16))},
                        {"user", session.anonymous ? "(anonymous)" : session.user},
                        {"client", session.client_address},
                        {"preference", change.key.name()},
                        {"effect", effect}});
  }

  Gateway& gateway_;
  const config::ChangeResult& change_;
  const std::vector<SessionInfo> sessions_;
  json effects_ = json::array();
};

}  // namespace

json EffectsOf(Gateway& gateway, const config::ChangeResult& change) {
  return Effects(gateway, change).Find();
}

}  // namespace sluice::control
