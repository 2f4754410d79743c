#include "server/config/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "crypto/processor.h"
#include "server/base/fold_name.h"
#include "server/config/file_keys.h"
#include "server/config/nearest.h"
#include "server/config/preferences.h"
#include "server/config/share_rules.h"
#include "server/config/toml_text.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace sluice::config {
namespace {

constexpr int64_t kLoopsMax = 1024;
constexpr size_t kServerNameMax = 15;  // a NetBIOS name

// Collects mistakes, so that one run shows them all.
class Errors {
 public:
  explicit Errors(absl::string_view file) : file_(file) {}

  void Add(const toml::source_region& where, absl::string_view what) {
    Add(Place{where.begin.line, where.begin.column}, what);
  }
  void Add(const Place& where, absl::string_view what) {
    lines_.emplace(std::pair(where.line, where.column),
                   absl::StrFormat("%s:%d:%d: %s", file_, where.line, where.column, what));
  }
  // Of the whole file.
  void Add(absl::string_view what) {
    lines_.emplace(std::pair(UINT32_MAX, UINT32_MAX), absl::StrCat(file_, ": ", what));
  }
  bool empty() const { return lines_.empty(); }
  absl::Status ToStatus() const {
    return absl::InvalidArgumentError(absl::StrJoin(
        lines_, "\n", [](std::string* out, const auto& line) { out->append(line.second); }));
  }

 private:
  std::string file_;
  std::multimap<std::pair<uint32_t, uint32_t>, std::string> lines_;  // by line and column
};

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Reads one table: asks for keys by name, then names those that nobody asked for.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string section, Errors& errors)
      : table_(table), section_(std::move(section)), errors_(errors) {}

  const toml::node* Find(absl::string_view key) {
    known_.push_back(key);
    return table_.get(std::string_view(key.data(), key.size()));
  }

  // Notes where each key of the table stands, as "PREFIX.key".
  void NotePlaces(absl::string_view prefix, std::map<std::string, Place>* places) const {
    for (const auto& [key, node] : table_) {
      (*places)[absl::StrCat(prefix, ".", View(key.str()))] = {key.source().begin.line,
                                                               key.source().begin.column};
    }
  }

  void String(absl::string_view key, std::string* out) {
    const toml::node* node = Find(key);
    if (node == nullptr) return;
    if (const auto* value = node->as_string()) {
      *out = value->get();
    } else {
      Wrong(*node, key, "a string in quotes");
    }
  }

  void Bool(absl::string_view key, bool* out) {
    const toml::node* node = Find(key);
    if (node == nullptr) return;
    if (const auto* value = node->as_boolean()) {
      *out = value->get();
    } else {
      Wrong(*node, key, "true or false");
    }
  }

  void Integer(absl::string_view key, int64_t min, int64_t max, int64_t* out) {
    const toml::node* node = Find(key);
    if (node == nullptr) return;
    const auto* value = node->as_integer();
    if (value != nullptr && value->get() >= min && value->get() <= max) {
      *out = value->get();
    } else {
      Wrong(*node, key, absl::StrFormat("a whole number from %d to %d", min, max));
    }
  }

  void Strings(absl::string_view key, bool may_be_empty, std::vector<std::string>* out) {
    const toml::node* node = Find(key);
    if (node == nullptr) return;
    std::vector<std::string> values;
    if (const toml::array* array = node->as_array()) {
      for (const toml::node& item : *array) {
        if (const auto* value = item.as_string()) values.push_back(value->get());
      }
      if (values.size() == array->size() && (may_be_empty || !values.empty())) {
        *out = std::move(values);
        return;
      }
    }
    Wrong(*node, key,
          absl::StrCat("a list of strings such as [\"one\", \"two\"]",
                       may_be_empty ? "" : ", at least one"));
  }

  // A row of the preference table: the file's bool, number, string or list is its value.
  void Preference(const PreferenceRow& row, absl::string_view key, const PreferenceTarget& target) {
    const toml::node* node = Find(key);
    if (node == nullptr) return;
    std::string value;
    if (!TextOf(*node, row.type, &value)) {
      Wrong(*node, key, TomlValidValues(row));
      return;
    }
    const absl::Status status = row.set(row, target, value);
    if (status.ok()) return;
    // Who writes a file writes a list in another way.
    const std::string why =
        absl::StrReplaceAll(status.message(), {{ValidValues(row), TomlValidValues(row)}});
    errors_.Add(node->source(), absl::StrCat(Path(key), ": ", why));
  }

  // Where `key` stands, or the table if it is not there.
  const toml::source_region& Where(absl::string_view key) const {
    const toml::node* node = table_.get(std::string_view(key.data(), key.size()));
    return node != nullptr ? node->source() : table_.source();
  }

  void RefuseUnknownKeys() {
    for (const auto& [key, node] : table_) {
      const absl::string_view name = View(key.str());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      errors_.Add(key.source(), absl::StrCat("unknown key \"", name, "\" in ", section_,
                                             DidYouMean(name, known_)));
    }
  }

 private:
  // False where the node's type is not the row's.
  static bool TextOf(const toml::node& node, PreferenceType type, std::string* text) {
    const bool list = type == PreferenceType::kList || type == PreferenceType::kTexts;
    if (const auto* boolean = node.as_boolean(); boolean && type == PreferenceType::kBool) {
      *text = boolean->get() ? "true" : "false";
    } else if (const auto* number = node.as_integer(); number && type == PreferenceType::kInteger) {
      *text = absl::StrCat(number->get());
    } else if (const auto* word = node.as_string(); word && type == PreferenceType::kChoice) {
      *text = word->get();
    } else if (const auto* array = node.as_array(); array && list) {
      for (const toml::node& item : *array) {
        const auto* one = item.as_string();
        if (one == nullptr || one->get().find(',') != std::string::npos) return false;
        absl::StrAppend(text, text->empty() ? "" : ",", one->get());
      }
    } else {
      return false;
    }
    return true;
  }

  std::string Path(absl::string_view key) const { return absl::StrCat(section_, " ", key); }
  void Wrong(const toml::node& node, absl::string_view key, absl::string_view wanted) {
    errors_.Add(node.source(), absl::StrCat(Path(key), " must be ", wanted));
  }

  const toml::table& table_;
  std::string section_;
  Errors& errors_;
  std::vector<absl::string_view> known_;
};

bool ValidListenAddress(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  int port = -1;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) return false;
  const absl::string_view host = address.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  return bracketed == (host.find(':') != absl::string_view::npos);
}

void ReadProcessor(TableReader& reader, crypto::Processor* processor, Errors& errors) {
  std::string wanted(ProcessorWord(*processor));
  reader.String("processor", &wanted);
  for (const crypto::Processor known : kProcessors) {
    if (ProcessorWord(known) != wanted) continue;
    *processor = known;
    return;
  }
  errors.Add(reader.Where("processor"),
             "[server] processor must be auto, avx512, avx2, sse or no-aesni");
}

void ReadServer(const toml::table& table, Configuration* out, Errors& errors) {
  TableReader reader(table, "[server]", errors);
  GatewayOptions& gateway = out->gateway;
  reader.Strings("listen", /*may_be_empty=*/false, &gateway.listen);
  for (const std::string& address : gateway.listen) {
    if (!ValidListenAddress(address)) {
      errors.Add(reader.Where("listen"),
                 absl::StrCat("[server] listen: \"", address, "\" is not host:port or [v6]:port"));
    }
  }
  int64_t loops = 0;
  reader.Integer("loops", 0, kLoopsMax, &loops);
  gateway.loops = static_cast<size_t>(loops);
  reader.String("state_dir", &gateway.state_dir);
  reader.String("control_socket", &out->control_socket);
  reader.String("control_group", &out->control_group);
  reader.Bool("control_unrestricted", &out->control_unrestricted);
  reader.String("name", &gateway.server_name);
  if (gateway.server_name.empty() || gateway.server_name.size() > kServerNameMax ||
      gateway.server_name.find_first_not_of(
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
    errors.Add(reader.Where("name"),
               absl::StrFormat("[server] name must be 1 to %d letters, digits "
                               "and hyphens",
                               kServerNameMax));
  }
  ReadProcessor(reader, &gateway.processor, errors);
  reader.NotePlaces("server", &out->places);
  reader.RefuseUnknownKeys();
}

// A section of preferences; what else it holds is asked of `reader` by the caller before.
void ReadPreferences(absl::string_view section, TableReader& reader, Configuration* out) {
  const std::string prefix = absl::StrCat(section, ".");
  for (const PreferenceRow& row : PreferenceTable()) {
    if (!row.of_share && absl::StartsWith(row.name, prefix)) {
      reader.Preference(row, row.name.substr(prefix.size()), {out->gateway.preferences});
    }
  }
  reader.NotePlaces(section, &out->places);
  reader.RefuseUnknownKeys();
}

// What sections have beside preferences.
void ReadLog(TableReader& reader, Configuration* out) { reader.String("file", &out->log_file); }
void ReadAudit(TableReader& reader, Configuration* out) {
  reader.String("file", &out->gateway.audit_file);
}
void ReadMetrics(TableReader& reader, Configuration* out, Errors& errors) {
  reader.String("listen", &out->metrics_listen);
  if (!out->metrics_listen.empty() && !ValidListenAddress(out->metrics_listen)) {
    errors.Add(reader.Where("listen"), "[metrics] listen must be host:port or [v6]:port");
  }
}

// What [auth] has beside preferences.
void ReadAuth(TableReader& reader, Configuration* out, Errors& errors) {
  reader.Bool("guest", &out->gateway.allow_guest);
  reader.Bool("anonymous", &out->gateway.allow_anonymous);
  reader.Bool("winbind", &out->gateway.winbind);
  reader.String("kerberos_keytab", &out->gateway.kerberos_keytab);
  reader.Strings("kerberos_realms", /*may_be_empty=*/true, &out->gateway.kerberos_realms);
  const toml::node* const users = reader.Find("kerberos_users");
  if (users == nullptr) return;
  const toml::table* const table = users->as_table();
  if (table == nullptr) {
    errors.Add(users->source(),
               "kerberos_users must be a section: [auth.kerberos_users] with lines such as "
               "\"alice@EXAMPLE.COM\" = \"alice\"");
    return;
  }
  for (const auto& [principal, node] : *table) {
    const auto* const user = node.as_string();
    if (user == nullptr || user->get().empty() ||
        principal.str().find('@') == std::string_view::npos) {
      errors.Add(principal.source(), absl::StrCat("[auth.kerberos_users] ", View(principal.str()),
                                                  ": wanted is \"user@REALM\" = \"user\""));
    } else {
      out->gateway.kerberos_users[std::string(principal.str())] = user->get();
    }
  }
}

void ReadShare(const toml::table& table, std::set<std::string>* seen, Configuration* out,
               Errors& errors) {
  TableReader reader(table, "[[share]]", errors);
  ShareOptions share;
  reader.String("name", &share.name);
  const auto check = [&](absl::string_view key, const absl::Status& status) {
    if (status.ok()) return;
    errors.Add(reader.Where(key), absl::StrCat("[[share]] ", status.message()));
  };
  check("name", CheckShareName(share.name));
  if (!seen->insert(base::FoldName(share.name)).second) {
    errors.Add(reader.Where("name"),
               absl::StrCat("[[share]] name \"", share.name, "\" is used twice"));
  }
  std::string storage(Name(share.storage));
  reader.String("storage", &storage);
  if (!ParseStorage(storage, &share.storage)) {
    errors.Add(reader.Where("storage"), "[[share]] storage must be \"posix\" or \"memory\"");
  }
  reader.String("path", &share.path);
  if (share.storage == StorageKind::kPosix) {
    const absl::Status status = ResolveSharePath(&share.path);
    // Storage that does not answer now is no mistake in the file, and concerns this share only.
    share.optional = absl::IsUnavailable(status);
    if (!share.optional) check("path", status);
  }
  reader.String("comment", &share.comment);
  for (const PreferenceRow& row : PreferenceTable()) {
    if (row.of_share) {
      reader.Preference(row, row.name, {out->gateway.preferences, &share.preferences});
    }
  }
  reader.NotePlaces(absl::StrCat("share.", share.name), &out->places);
  reader.RefuseUnknownKeys();
  out->gateway.preferences.shares[share.name] = share.preferences;
  out->gateway.shares.push_back(std::move(share));
}

void ReadShares(const toml::node& node, Configuration* out, Errors& errors) {
  const toml::array* shares = node.as_array();
  if (shares == nullptr || !shares->is_homogeneous(toml::node_type::table)) {
    errors.Add(node.source(), "share must be written as [[share]], one for each share");
    return;
  }
  std::set<std::string> seen;
  for (const toml::node& share : *shares) ReadShare(*share.as_table(), &seen, out, errors);
}

// "server", "share" and what the names of preferences begin with.
std::vector<absl::string_view> Sections() {
  std::vector<absl::string_view> sections = {"server", "auth", "audit", "metrics", "share"};
  for (const PreferenceRow& row : PreferenceTable()) {
    if (row.of_share) continue;
    const absl::string_view section = row.name.substr(0, row.name.find('.'));
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) {
      sections.push_back(section);
    }
  }
  return sections;
}

void ReadSections(const toml::table& root, Configuration* out, Errors& errors) {
  const std::vector<absl::string_view> sections = Sections();
  for (const auto& [key, node] : root) {
    const absl::string_view name = View(key.str());
    if (name == "share") {
      ReadShares(node, out, errors);
      continue;
    }
    if (std::find(sections.begin(), sections.end(), name) == sections.end()) {
      errors.Add(key.source(),
                 absl::StrCat("unknown section \"", name, "\"", DidYouMean(name, sections)));
      continue;
    }
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      errors.Add(node.source(), absl::StrCat(name, " must be a section: [", name, "]"));
    } else if (name == "server") {
      ReadServer(*table, out, errors);
    } else {
      TableReader reader(*table, absl::StrCat("[", name, "]"), errors);
      if (name == "auth") ReadAuth(reader, out, errors);
      if (name == "log") ReadLog(reader, out);
      if (name == "audit") ReadAudit(reader, out);
      if (name == "metrics") ReadMetrics(reader, out, errors);
      ReadPreferences(name, reader, out);
    }
  }
}

}  // namespace

absl::StatusOr<Configuration> ParseConfiguration(absl::string_view text, absl::string_view file) {
  Errors errors(file);
  const toml::parse_result parsed = toml::parse(std::string_view(text.data(), text.size()),
                                                std::string_view(file.data(), file.size()));
  if (!parsed) {
    errors.Add(parsed.error().source(), View(parsed.error().description()));
    return errors.ToStatus();
  }
  Configuration configuration;
  configuration.file = std::string(file);
  configuration.gateway.state_dir = "/var/lib/sluice";
  ReadSections(parsed.table(), &configuration, errors);
  if (configuration.gateway.shares.empty() && errors.empty()) {
    errors.Add("no share to serve; add a [[share]] with name and path");
  }
  const absl::Status together = CheckTogether(configuration.gateway.preferences);
  // Without the file dialect.min is the lowest there is.
  if (!together.ok()) errors.Add(configuration.places["dialect.min"], together.message());
  if (!errors.empty()) return errors.ToStatus();
  return configuration;
}

absl::StatusOr<Configuration> LoadConfiguration(const std::string& path) {
  std::ifstream file(path);
  file.peek();  // a directory can be opened, but not read
  if (!file.is_open() || file.bad()) {
    return absl::NotFoundError(
        absl::StrCat("cannot read the configuration file ", path, ": ", std::strerror(errno)));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseConfiguration(text, path);
}

}  // namespace sluice::config
