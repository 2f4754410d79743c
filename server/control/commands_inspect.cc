// Who and what is there, and its end: connections, sessions, trees, opens, locks.
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/smb2/negotiate.h"
#include "server/control/command.h"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr int64_t kRowsDefault = 1000;
constexpr int64_t kRowsMax = 100'000;

std::string Hex(uint64_t id) { return absl::StrCat(absl::Hex(id, absl::kZeroPad16)); }

// Letters as Windows tools show them, from the access mask and from ShareAccess.
std::string AccessText(uint32_t access) {
  constexpr uint32_t kRead = 0x1;
  constexpr uint32_t kWrite = 0x2 | 0x4;
  constexpr uint32_t kDelete = 0x10000;
  return absl::StrCat((access & kRead) != 0 ? "r" : "-", (access & kWrite) != 0 ? "w" : "-",
                      (access & kDelete) != 0 ? "d" : "-");
}
std::string SharingText(uint32_t sharing) {
  return absl::StrCat((sharing & 1) != 0 ? "r" : "-", (sharing & 2) != 0 ? "w" : "-",
                      (sharing & 4) != 0 ? "d" : "-");
}

std::string DialectText(proto::Dialect dialect) {
  return dialect == proto::Dialect::kWildcard ? "" : std::string(proto::Name(dialect));
}

json ConnectionJson(const InventoryRow& row) {
  return {{"id", row.connection},
          {"client", row.client},
          {"loop", row.loop},
          {"dialect", DialectText(row.dialect)},
          {"since", row.since / 1'000'000'000},
          {"sessions", row.sessions},
          {"opens", row.opens},
          {"requests", row.requests},
          {"requests_in_progress", row.requests_in_progress},
          {"bytes_in_flight", row.bytes_in_flight},
          {"bytes_read", row.bytes_read},
          {"bytes_written", row.bytes_written}};
}

json SessionJson(const InventoryRow& row) {
  return {{"id", Hex(row.session)},
          {"connection", row.connection},
          {"client", row.client},
          {"loop", row.loop},
          {"user", row.user},
          {"domain", row.domain},
          {"guest", row.guest},
          {"log_on", row.log_on},
          {"dialect", DialectText(row.dialect)},
          {"signing", std::string(crypto::Name(row.signing))},
          {"signing_required", row.signing_required},
          {"cipher", std::string(crypto::Name(row.cipher))},
          {"encrypted", row.encrypted},
          {"since", row.since / 1'000'000'000},
          {"trees", row.trees},
          {"opens", row.opens},
          {"requests", row.requests},
          {"bytes_read", row.bytes_read},
          {"bytes_written", row.bytes_written}};
}

json TreeJson(const InventoryRow& row) {
  return {{"id", row.tree},
          {"session", Hex(row.session)},
          {"connection", row.connection},
          {"client", row.client},
          {"user", row.user},
          {"share", row.share},
          {"encrypted", row.encrypted}};
}

json OpenJson(const InventoryRow& row) {
  const char* const kind = row.pipe ? "pipe" : row.directory ? "directory" : "file";
  return {{"id", row.open},
          {"session", Hex(row.session)},
          {"connection", row.connection},
          {"client", row.client},
          {"user", row.user},
          {"share", row.share},
          {"path", row.path},
          {"kind", kind},
          {"access", AccessText(row.access)},
          {"access_mask", absl::StrCat("0x", absl::Hex(row.access, absl::kZeroPad8))},
          {"sharing", SharingText(row.sharing)},
          {"oplock", row.oplock},
          {"delete_on_close", row.delete_on_close},
          {"locks", row.locks},
          {"requests", row.requests},
          {"bytes_read", row.bytes_read},
          {"bytes_written", row.bytes_written}};
}

json LockJson(const InventoryRow& row) {
  return {{"open", row.open},
          {"session", Hex(row.session)},
          {"connection", row.connection},
          {"client", row.client},
          {"user", row.user},
          {"share", row.share},
          {"path", row.path},
          {"offset", row.offset},
          {"length", row.length},
          {"exclusive", row.exclusive}};
}

// What there is of a kind, for messages, and how a row of it is told.
struct KindRow {
  InventoryKind kind;
  const char* command;  // that lists it
  json (*tell)(const InventoryRow& row);
};

constexpr KindRow kConnections = {InventoryKind::kConnections, "connections", &ConnectionJson};
constexpr KindRow kSessions = {InventoryKind::kSessions, "sessions", &SessionJson};
constexpr KindRow kTrees = {InventoryKind::kTrees, "trees", &TreeJson};
constexpr KindRow kOpens = {InventoryKind::kOpens, "opens", &OpenJson};
constexpr KindRow kLocks = {InventoryKind::kLocks, "locks", &LockJson};

absl::Status ReadId(const KindRow& kind, const json& params, uint64_t* id) {
  const auto found = params.find("id");
  if (found == params.end()) return absl::OkStatus();
  const auto& text = found->get_ref<const std::string&>();
  const bool hex = kind.kind == InventoryKind::kSessions;
  const bool valid = (hex ? absl::SimpleHexAtoi(text, id) : absl::SimpleAtoi(text, id)) && *id != 0;
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not an id as `sluicectl ", kind.command, "` shows them"));
}

absl::StatusOr<InventoryQuery> ReadQuery(const KindRow& kind, const json& params) {
  InventoryQuery query;
  query.kind = kind.kind;
  const absl::Status status = ReadId(kind, params, &query.filter.id);
  if (!status.ok()) return status;
  query.filter.client = params.value("client", "");
  query.filter.user = params.value("user", "");
  query.filter.share = params.value("share", "");
  query.filter.path = params.value("path", "");
  query.rows_max = static_cast<size_t>(params.value("limit", kRowsDefault));
  return query;
}

json Tell(const KindRow& kind, const Inventory& inventory) {
  json rows = json::array();
  for (const InventoryRow& row : inventory.rows) rows.push_back(kind.tell(row));
  return {
      {"rows", std::move(rows)}, {"matched", inventory.matched}, {"complete", inventory.complete}};
}

template <const KindRow& kKind>
absl::StatusOr<json> List(const Call& call) {
  const absl::StatusOr<InventoryQuery> query = ReadQuery(kKind, call.params);
  if (!query.ok()) return query.status();
  return Tell(kKind, call.context.gateway.List(*query));
}

template <const KindRow& kKind>
absl::StatusOr<json> End(const Call& call) {
  absl::StatusOr<InventoryQuery> query = ReadQuery(kKind, call.params);
  if (!query.ok()) return query.status();
  if (query->filter.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("say which: an id or a filter; `sluicectl ", kKind.command, "` lists them"));
  }
  query->end = true;
  const Inventory ended = call.context.gateway.List(*query);
  if (ended.matched == 0 && ended.complete) {
    return absl::NotFoundError(
        absl::StrCat("nothing matches; `sluicectl ", kKind.command, "` lists what there is"));
  }
  return Tell(kKind, ended);
}

constexpr Parameter kId = {
    .name = "id", .required = false, .help = "the one with this id, as the listing shows it"};
constexpr Parameter kClient = {
    .name = "client", .required = false, .help = "those of this address, or address and port"};
constexpr Parameter kUser = {.name = "user", .required = false, .help = "those of this user"};
constexpr Parameter kShare = {.name = "share", .required = false, .help = "those in this share"};
constexpr Parameter kPath = {.name = "path",
                             .required = false,
                             .help =
                                 "those at this path from the share's root, or below it; with "
                                 "* or ? a pattern for the whole path"};
constexpr Parameter kLimit = {.name = "limit",
                              .type = Parameter::Type::kInteger,
                              .required = false,
                              .min = 1,
                              .max = kRowsMax,
                              .help = "rows to show at most; 1000 if absent"};

constexpr Parameter kOfConnections[] = {kId, kClient, kLimit};
constexpr Parameter kOfSessions[] = {kId, kUser, kClient, kLimit};
constexpr Parameter kOfTrees[] = {kUser, kShare, kClient, kLimit};
constexpr Parameter kOfOpens[] = {kId, kUser, kShare, kPath, kClient, kLimit};

constexpr CommandRow kRows[] = {
    {.name = "connections",
     .help = "the clients that are connected, and what each has done",
     .parameters = kOfConnections,
     .handler = &List<kConnections>},
    {.name = "sessions",
     .help = "who is logged on, from where, and how it is protected",
     .parameters = kOfSessions,
     .handler = &List<kSessions>},
    {.name = "trees",
     .help = "who uses which share",
     .parameters = kOfTrees,
     .handler = &List<kTrees>},
    {.name = "opens",
     .help = "files, directories and pipes that are open, and by whom",
     .parameters = kOfOpens,
     .handler = &List<kOpens>},
    {.name = "locks",
     .help = "byte-range locks that are held, and by whom",
     .parameters = kOfOpens,
     .handler = &List<kLocks>},
    {.name = "opens.close",
     .help = "closes what matches, as if its client had; what the client has not written is lost",
     .parameters = kOfOpens,
     .mutates = true,
     .handler = &End<kOpens>},
    {.name = "sessions.kick",
     .help = "logs off what matches; a client may log on again",
     .parameters = kOfSessions,
     .mutates = true,
     .handler = &End<kSessions>},
    {.name = "connections.disconnect",
     .help = "disconnects what matches; a client may connect again",
     .parameters = kOfConnections,
     .mutates = true,
     .handler = &End<kConnections>},
};

}  // namespace

absl::Span<const CommandRow> InspectCommands() { return kRows; }

}  // namespace sluice::control
