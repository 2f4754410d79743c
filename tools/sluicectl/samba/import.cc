#include "tools/sluicectl/samba/import.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/config/toml_string.h"

namespace sluice::samba {
namespace {

using config::TomlList;
using config::TomlString;

constexpr size_t kServerNameMax = 15;

absl::string_view BoolText(bool value) { return value ? "true" : "false"; }

class Importer {
 public:
  explicit Importer(const SmbConf& conf) : conf_(conf) {}

  Imported Run();

 private:
  // Knows what to do with a parameter's value, or says in a note why not.
  using Rule = std::function<void(const Parameter&)>;
  using Rules = std::map<absl::string_view, Rule>;

  Rules GlobalRules();
  void AddProtectionRules(Rules* rules);
  void AddAuthenticationRules(Rules* rules);
  void Global();
  void Share(const Section& section);
  void Access(const Section& section);
  bool Special(const Section& section);
  std::string Path(const Section& section);

  // The one that counts: the share's own or what [global] says for all shares.
  const Parameter* Find(const Section& section, absl::string_view name) const {
    const Parameter* const own = section.Find(name);
    return own != nullptr ? own : conf_.global.Find(name);
  }
  bool Flag(const Section& section, absl::string_view name, bool otherwise);
  std::vector<std::string> Users(const Section& section, absl::string_view name);
  // Every parameter of the section whose name is not in `known` gets a note.
  void NoteOthers(const Section& section, const std::set<absl::string_view>& known);
  void Note(const Section& section, const Parameter& parameter, absl::string_view meaning);

  void Set(absl::string_view section, absl::string_view key, absl::string_view value) {
    sections_[std::string(section)].emplace_back(key, value);
  }
  // For what has a table of names; notes those that it does not have.
  std::vector<std::string> Known(const Parameter& parameter,
                                 const std::map<std::string, std::string>& names);

  const SmbConf& conf_;
  Imported out_;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> sections_;
  std::string shares_;
};

// Those of shares, which may stand in [global] for all of them.
constexpr absl::string_view kShareParameters[] = {
    "available",          "browseable",  "case sensitive", "comment",   "guest ok",
    "invalid users",      "path",        "printable",      "read list", "read only",
    "server smb encrypt", "valid users", "vfs objects",    "write list"};

absl::string_view MeaningOf(absl::string_view name) {
  for (const Unmapped& row : UnmappedParameters()) {
    absl::string_view pattern = row.name;
    const bool matches =
        absl::ConsumeSuffix(&pattern, "*") ? absl::StartsWith(name, pattern) : name == pattern;
    if (matches) return row.meaning;
  }
  return "";
}

void Importer::Note(const Section& section, const Parameter& parameter, absl::string_view meaning) {
  out_.notes.push_back(absl::StrCat(parameter.place, ": [", section.name, "] ", parameter.name,
                                    parameter.inverted ? " (inverted)" : "", " = ", parameter.value,
                                    ": ", meaning));
}

void Importer::NoteOthers(const Section& section, const std::set<absl::string_view>& known) {
  for (const Parameter& parameter : section.parameters) {
    if (known.count(parameter.name) != 0) continue;
    const absl::string_view meaning = MeaningOf(parameter.name);
    if (!meaning.empty()) {
      Note(section, parameter, meaning);
    } else if (absl::StrContains(parameter.name, ':')) {
      Note(section, parameter, "belongs to a module of Samba's that Sluice does not have");
    } else {
      Note(section, parameter,
           "not known; if smb.conf(5) has it, what it does there does not happen");
    }
  }
}

std::vector<std::string> Importer::Known(const Parameter& parameter,
                                         const std::map<std::string, std::string>& names) {
  std::vector<std::string> known;
  for (const std::string& name : ParseNames(absl::AsciiStrToUpper(parameter.value))) {
    const auto found = names.find(name);
    if (found == names.end()) {
      Note(conf_.global, parameter, absl::StrCat(name, " is not known and was left out"));
    } else if (std::find(known.begin(), known.end(), found->second) == known.end()) {
      known.push_back(found->second);
    }
  }
  return known;
}

bool Importer::Flag(const Section& section, absl::string_view name, bool otherwise) {
  const Parameter* const parameter = Find(section, name);
  if (parameter == nullptr) return otherwise;
  bool value = otherwise;
  if (!ParseBool(parameter->value, &value)) {
    Note(section, *parameter, "neither yes nor no; Samba's default was taken");
    return otherwise;
  }
  return value != parameter->inverted;
}

// Samba's marks of groups become one: "@staff", "+staff", "&staff" are @staff.
std::vector<std::string> Importer::Users(const Section& section, absl::string_view name) {
  std::vector<std::string> users;
  const Parameter* const parameter = Find(section, name);
  if (parameter == nullptr) return users;
  for (const std::string& user : ParseNames(parameter->value)) {
    if (user.find('%') != std::string::npos) {
      Note(section, *parameter,
           absl::StrCat("SECURITY: ", user,
                        " is a macro, which Sluice does not have; name the "
                        "users. The entry is kept, and matches nobody"));
    }
    const size_t bare = user.find_first_not_of("@+&");
    if (bare == std::string::npos) continue;
    users.push_back(bare == 0 ? user : absl::StrCat("@", user.substr(bare)));
  }
  return users;
}

const std::map<std::string, std::string>& Dialects() {
  static const auto* const kDialects = new std::map<std::string, std::string>{
      {"SMB2", "2.1"},    {"SMB2_02", "2.0.2"}, {"SMB2_10", "2.1"},   {"SMB3", "3.1.1"},
      {"SMB3_00", "3.0"}, {"SMB3_02", "3.0.2"}, {"SMB3_11", "3.1.1"}, {"DEFAULT", ""}};
  return *kDialects;
}

// The mode that `server smb encrypt` names, "" for none that is known; `server signing` has the
// same words.
std::string EncryptionOf(absl::string_view value) {
  static const auto* const kModes =
      new std::map<std::string, std::string>{{"off", "off"},
                                             {"if_required", "enabled"},
                                             {"desired", "desired"},
                                             {"required", "required"},
                                             {"default", "enabled"},
                                             {"auto", "enabled"},
                                             {"enabled", "enabled"},
                                             {"mandatory", "required"},
                                             {"disabled", "off"},
                                             {"force", "required"},
                                             {"forced", "required"},
                                             {"enforced", "required"},
                                             {"yes", "enabled"},
                                             {"true", "enabled"},
                                             {"on", "enabled"},
                                             {"1", "enabled"},
                                             {"no", "off"},
                                             {"false", "off"},
                                             {"0", "off"}};
  const auto found = kModes->find(absl::AsciiStrToLower(value));
  return found == kModes->end() ? "" : found->second;
}

void Importer::AddProtectionRules(Rules* rules) {
  const Section& global = conf_.global;
  for (const auto& [name, key] :
       {std::pair{"server min protocol", "min"}, std::pair{"server max protocol", "max"}}) {
    (*rules)[name] = [this, &global, key = std::string(key)](const Parameter& p) {
      const std::string value = absl::AsciiStrToUpper(p.value);
      const auto found = Dialects().find(key == "min" && value == "SMB3" ? "SMB3_00" : value);
      if (found == Dialects().end()) {
        Note(global, p,
             key == "min" ? "SMB1 is never served; clients need SMB 2.0.2 at least"
                          : "SECURITY: SMB1 is never served, so this limit was left out");
      } else if (!found->second.empty()) {
        Set("dialect", key, TomlString(found->second));
      }
    };
  }
  (*rules)["server signing"] = [](const Parameter&) {};  // see Global
  (*rules)["server smb3 signing algorithms"] = [this](const Parameter& p) {
    const std::vector<std::string> names = Known(p, {{"AES-128-GMAC", "AES-128-GMAC"},
                                                     {"AES-128-CMAC", "AES-128-CMAC"},
                                                     {"HMAC-SHA256", "HMAC-SHA256"}});
    if (!names.empty()) Set("signing", "algorithms", TomlList(names));
  };
  (*rules)["server smb3 encryption algorithms"] = [this](const Parameter& p) {
    const std::vector<std::string> names = Known(p, {{"AES-128-GCM", "AES-128-GCM"},
                                                     {"AES-128-CCM", "AES-128-CCM"},
                                                     {"AES-256-GCM", "AES-256-GCM"},
                                                     {"AES-256-CCM", "AES-256-CCM"}});
    if (!names.empty()) Set("encryption", "ciphers", TomlList(names));
  };
  (*rules)["max smbd processes"] = [this, &global](const Parameter& p) {
    int64_t count = 0;
    if (!absl::SimpleAtoi(p.value, &count)) {
      Note(global, p, "not a number");
    } else if (count > 0) {
      Set("limits", "connections", absl::StrCat(count));
    }
  };
}

void Importer::AddAuthenticationRules(Rules* rules) {
  const Section& global = conf_.global;
  (*rules)["map to guest"] = [this, &global](const Parameter& p) {
    const std::string value = absl::AsciiStrToLower(p.value);
    if (value == "never") return;
    Set("auth", "guest", "true");
    if (value != "bad user") {
      Note(global, p, "only unknown users become guests; a wrong password is always refused");
    }
  };
  (*rules)["restrict anonymous"] = [this](const Parameter& p) {
    Set("auth", "anonymous", BoolText(p.value == "0"));
  };
  (*rules)["ntlm auth"] = [this, &global](const Parameter& p) {
    const std::string value = absl::AsciiStrToLower(p.value);
    if (value == "disabled") {
      Set("auth", "ntlm", "false");
    } else if (value == "yes" || value == "ntlmv1-permitted" ||
               value == "mschapv2-and-ntlmv2-only") {
      Note(global, p, "NTLMv2 is accepted, NTLMv1 and MSCHAPv2 never");
    }
  };
  (*rules)["realm"] = [this](const Parameter& p) {
    Set("auth", "kerberos_realms",
        TomlList(std::vector<std::string>{absl::AsciiStrToUpper(p.value)}));
  };
  (*rules)["dedicated keytab file"] = [this](const Parameter& p) {
    const absl::string_view file = absl::StripPrefix(p.value, "FILE:");
    Set("auth", "kerberos_keytab", TomlString(file));
  };
  (*rules)["kerberos method"] = [this, &global](const Parameter& p) {
    const std::string value = absl::AsciiStrToLower(p.value);
    if (conf_.global.Find("dedicated keytab file") != nullptr) return;
    if (absl::StrContains(value, "keytab")) {
      Set("auth", "kerberos_keytab", TomlString("/etc/krb5.keytab"));
    } else {
      Note(global, p,
           "Sluice reads a keytab, not secrets.tdb: make one with `net ads keytab "
           "create` and set auth.kerberos_keytab");
    }
  };
  (*rules)["security"] = [this, &global](const Parameter& p) {
    const std::string value = absl::AsciiStrToLower(p.value);
    if (value == "ads" || value == "domain") {
      Set("auth", "winbind", "true");
    } else if (value != "user" && value != "auto") {
      Note(global, p, "SECURITY: every client must log on as a user");
    }
  };
}

Importer::Rules Importer::GlobalRules() {
  const Section& global = conf_.global;
  Rules rules;
  AddProtectionRules(&rules);
  AddAuthenticationRules(&rules);
  rules["netbios name"] = [this, &global](const Parameter& p) {
    Set("server", "name", TomlString(p.value.substr(0, kServerNameMax)));
    if (p.value.size() > kServerNameMax) Note(global, p, "cut to 15 characters");
  };
  rules["smb ports"] = [](const Parameter&) {};   // see Global
  rules["interfaces"] = [](const Parameter&) {};  // the same
  rules["bind interfaces only"] = [](const Parameter&) {};
  rules["log level"] = [this, &global](const Parameter& p) {
    int level = 0;
    if (!absl::SimpleAtoi(p.value.substr(0, p.value.find_first_of(" \t")), &level)) level = 1;
    Set("log", "level", TomlString(level >= 3 ? "debug" : "info"));
    if (absl::StrContains(p.value, ' ')) Note(global, p, "there are no classes of messages");
  };
  rules["log file"] = [this, &global](const Parameter& p) {
    Note(global, p, "logs go to the journal or to one file for all clients, see [log]");
  };
  return rules;
}

void Importer::Global() {
  const Section& global = conf_.global;
  const Rules rules = GlobalRules();
  std::set<absl::string_view> known;
  for (const auto& [name, rule] : rules) {
    known.insert(name);
    const Parameter* const parameter = global.Find(name);
    if (parameter != nullptr) rule(*parameter);
  }
  known.insert(std::begin(kShareParameters), std::end(kShareParameters));
  NoteOthers(global, known);

  const Parameter* const signing = global.Find("server signing");
  const std::string signs = signing == nullptr ? "" : EncryptionOf(signing->value);
  Set("signing", "required", BoolText(signs == "required"));
  const Parameter* const encryption = global.Find("server smb encrypt");
  const std::string encrypts = encryption == nullptr ? "" : EncryptionOf(encryption->value);
  if (!encrypts.empty()) {
    Set("encryption", "mode", TomlString(encrypts));
  } else if (encryption != nullptr) {
    Note(global, *encryption, "SECURITY: not a mode that is known; clients encrypt if they ask to");
  }

  std::vector<std::string> ports = {"445"};
  if (const Parameter* const p = global.Find("smb ports"); p != nullptr) {
    ports = ParseNames(p->value);
    ports.erase(std::remove(ports.begin(), ports.end(), "139"), ports.end());
    if (ports.empty()) {
      ports = {"445"};
      Note(global, *p, "NetBIOS sessions are not served; 445 was taken");
    }
  }
  std::vector<std::string> hosts = {"*"};
  const Parameter* const interfaces = global.Find("interfaces");
  if (interfaces != nullptr && Flag(global, "bind interfaces only", false)) {
    std::vector<std::string> named;
    for (const std::string& name : ParseNames(interfaces->value)) {
      const std::string address = name.substr(0, name.find('/'));
      if (address.find_first_not_of("0123456789.") == std::string::npos) {
        named.push_back(address);
      } else if (absl::StrContains(address, ':')) {
        named.push_back(absl::StrCat("[", address, "]"));
      } else {
        Note(global, *interfaces,
             absl::StrCat(name, " is an interface; server.listen has addresses"));
      }
    }
    if (!named.empty()) hosts = std::move(named);
  }
  std::vector<std::string> listen;
  for (const std::string& host : hosts) {
    for (const std::string& port : ports) listen.push_back(absl::StrCat(host, ":", port));
  }
  Set("server", "listen", TomlList(listen));
}

// [homes] and printers, which are no shares here.
bool Importer::Special(const Section& section) {
  const std::string name = absl::AsciiStrToLower(section.name);
  const std::string place =
      section.parameters.empty() ? "smb.conf" : section.parameters.front().place;
  if (name == "homes") {
    out_.notes.push_back(absl::StrCat(
        place,
        ": [homes]: there is no share that is another directory for each user. Make one "
        "share of the directory above, such as /home: everybody gets at the own "
        "directory by the rights of the files. Or make a share for each user: `sluicectl "
        "share add alice /home/alice --set allow_read=alice`"));
    return true;
  }
  if (name == "printers" || name == "print$" || Flag(section, "printable", false)) {
    out_.notes.push_back(
        absl::StrCat(place, ": [", section.name, "]: left out, Sluice serves no printers"));
    return true;
  }
  if (name == "ipc$") return true;
  if (name == "netlogon" || name == "sysvol") {
    out_.notes.push_back(absl::StrCat(place, ": [", section.name,
                                      "]: served as a plain directory; Sluice is no domain "
                                      "controller"));
    return false;
  }
  if (!Flag(section, "available", true)) {
    out_.notes.push_back(absl::StrCat(place, ": [", section.name,
                                      "]: left out, as available = no makes it in Samba"));
    return true;
  }
  return false;
}

// "" where there is no directory that could be served.
std::string Importer::Path(const Section& section) {
  const Parameter* const parameter = Find(section, "path");
  if (parameter == nullptr) {
    out_.notes.push_back(
        absl::StrCat(section.parameters.empty() ? "smb.conf" : section.parameters.front().place,
                     ": [", section.name, "]: left out, it has no path; Samba serves /tmp then"));
    return "";
  }
  std::string path;
  for (size_t i = 0; i < parameter->value.size(); ++i) {
    const bool share = parameter->value.compare(i, 2, "%S") == 0;
    if (!share && parameter->value[i] == '%') {
      Note(section, *parameter,
           "left out: the directory depends on the client by a %-macro, which Sluice does not "
           "have. Make a share for each directory, or one of the directory above");
      return "";
    }
    path += share ? section.name : std::string(1, parameter->value[i]);
    if (share) ++i;
  }
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    Note(section, *parameter,
         "there is no such directory on this machine; sluiced does not start without it");
  }
  return path;
}

// Samba's lists, which overrule `read only`, as levels of access.
void Importer::Access(const Section& section) {
  const bool read_only = Flag(section, "read only", true);
  const std::vector<std::string> writers = Users(section, "write list");
  std::vector<std::string> readers = Users(section, "read list");
  const auto add = [this](absl::string_view key, const std::vector<std::string>& users) {
    if (!users.empty()) absl::StrAppend(&shares_, key, " = ", TomlList(users), "\n");
  };
  absl::StrAppend(&shares_, "read_only = ", BoolText(read_only && writers.empty()), "\n");
  add("allow_read", Users(section, "valid users"));
  add("deny_read", Users(section, "invalid users"));
  if (read_only) {
    add("allow_write", writers);
    return;
  }
  // Who is in both lists may write.
  const auto also_writes = [&](const std::string& user) {
    return std::find(writers.begin(), writers.end(), user) != writers.end();
  };
  readers.erase(std::remove_if(readers.begin(), readers.end(), also_writes), readers.end());
  add("deny_write", readers);
}

void Importer::Share(const Section& section) {
  if (Special(section)) return;
  const std::string path = Path(section);
  if (path.empty()) return;
  absl::StrAppend(&shares_, "\n[[share]]\nname = ", TomlString(section.name),
                  "\npath = ", TomlString(path), "\n");
  if (const Parameter* const comment = Find(section, "comment"); comment != nullptr) {
    absl::StrAppend(&shares_, "comment = ", TomlString(comment->value), "\n");
    if (absl::StrContains(comment->value, '%')) {
      Note(section, *comment, "%-macros are not replaced");
    }
  }
  Access(section);
  if (!Flag(section, "browseable", true)) absl::StrAppend(&shares_, "visible = false\n");
  if (Flag(section, "guest ok", false)) absl::StrAppend(&shares_, "guest = true\n");
  if (const Parameter* const p = section.Find("server smb encrypt"); p != nullptr) {
    const std::string mode = EncryptionOf(p->value);
    if (mode.empty()) {
      Note(section, *p, "not a mode that is known; the gateway's was taken");
    } else {
      absl::StrAppend(&shares_, "encryption = ", TomlString(mode), "\n");
    }
  }
  bool sensitive = false;
  if (const Parameter* const p = Find(section, "case sensitive");
      p != nullptr && ParseBool(p->value, &sensitive) && sensitive) {
    absl::StrAppend(&shares_, "case_sensitive = true\n");
  }
  if (const Parameter* const p = Find(section, "vfs objects"); p != nullptr) {
    for (const std::string& module : ParseNames(p->value)) {
      static const auto* const kBuiltIn = new std::set<std::string>{
          "streams_xattr", "acl_xattr", "xattr_tdb", "io_uring", "aio_pthread", "default_quota"};
      if (kBuiltIn->count(module) == 0) {
        Note(section, *p,
             absl::StrCat("there are no modules, and what ", module, " does is not built in"));
      }
    }
  }
  NoteOthers(section, {std::begin(kShareParameters), std::end(kShareParameters)});
}

Imported Importer::Run() {
  out_.notes = conf_.problems;
  Global();
  for (const Section& section : conf_.shares) Share(section);
  out_.toml =
      "# Made by sluicectl import-samba. Check it with: sluiced --check-config --config "
      "FILE\n";
  static constexpr absl::string_view kOrder[] = {"server", "dialect", "signing", "encryption",
                                                 "auth",   "limits",  "log"};
  for (const absl::string_view name : kOrder) {
    const auto found = sections_.find(std::string(name));
    if (found == sections_.end()) continue;
    absl::StrAppend(&out_.toml, "\n[", name, "]\n");
    for (const auto& [key, value] : found->second) {
      absl::StrAppend(&out_.toml, key, " = ", value, "\n");
    }
  }
  absl::StrAppend(&out_.toml, shares_);
  return std::move(out_);
}

}  // namespace

Imported Import(const SmbConf& conf) { return Importer(conf).Run(); }

}  // namespace sluice::samba
