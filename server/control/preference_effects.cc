#include "server/control/preference_effects.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/smb2/negotiate.h"

namespace sluice::control {
namespace {

using config::Applies;
using nlohmann::json;
using session::SessionInfo;

template <typename T>
bool Has(const std::vector<T>& list, T value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// What a session would meet if it came again after the change; "" for nothing worth saying.
std::string WhenItReturns(const SessionInfo& session, const config::PreferenceChange& change,
                          const Preferences& after) {
  const absl::string_view name = change.key.row->name;
  const bool signs_by_list = session.dialect == proto::Dialect::kSmb311;
  if (name == "dialect.min" && session.dialect < after.dialect_min) {
    return absl::StrCat("it speaks ", proto::Name(session.dialect),
                        " and is refused unless it can do better");
  }
  if (name == "dialect.max" && session.dialect > after.dialect_max) {
    return absl::StrCat("it speaks ", proto::Name(after.dialect_max), " or older");
  }
  if (name == "encryption.mode" && after.encryption == EncryptionMode::kRequired &&
      session.cipher == crypto::Cipher::kNone) {
    return "it is refused unless it can encrypt";
  }
  if (name == "encryption.mode" && after.encryption >= EncryptionMode::kDesired &&
      !session.encrypted) {
    return "it encrypts if it can";
  }
  if (name == "encryption.ciphers" && session.cipher != crypto::Cipher::kNone &&
      !Has(after.ciphers, session.cipher)) {
    return absl::StrCat("it cannot use ", crypto::Name(session.cipher), " any more");
  }
  if (name == "signing.algorithms" && signs_by_list &&
      !Has(after.signing_algorithms, session.signing_algorithm)) {
    return absl::StrCat("it cannot sign with ", crypto::Name(session.signing_algorithm),
                        " any more");
  }
  if (name == "signing.required" && after.signing_required && !session.signing_required) {
    return "it must sign";
  }
  return "";
}

// What stays until then, or changes at once.
std::string Now(const SessionInfo& session, const config::PreferenceChange& change) {
  const std::string name = change.key.name();
  switch (change.key.row->applies) {
    case Applies::kAtOnce:
      return absl::StrCat(name, " = ", change.after, " holds for it at once");
    case Applies::kNewTrees:
      return absl::StrCat("its tree connects go on with ", name, " = ", change.before);
    case Applies::kNewConnections:
    case Applies::kNewSessions:
      break;
  }
  if (change.key.row->name == "signing.algorithms") {
    return absl::StrCat("goes on signing with ", crypto::Name(session.signing_algorithm));
  }
  return absl::StrCat("goes on with ", name, " = ", change.before);
}

}  // namespace

json EffectsOf(const Gateway& gateway, const config::ChangeResult& change) {
  json effects = json::array();
  for (const SessionInfo& session : gateway.sessions().List()) {
    for (const config::PreferenceChange& one : change.changed) {
      if (one.key.row->name == "log.level") continue;  // nothing that a client could notice
      std::string effect = Now(session, one);
      const std::string later = WhenItReturns(session, one, change.after);
      if (!later.empty()) absl::StrAppend(&effect, "; when it connects again ", later);
      effects.push_back({{"session", absl::StrCat(absl::Hex(session.id, absl::kZeroPad16))},
                         {"user", session.user},
                         {"client", session.client_address},
                         {"preference", one.key.name()},
                         {"effect", effect}});
    }
  }
  return effects;
}

}  // namespace sluice::control
