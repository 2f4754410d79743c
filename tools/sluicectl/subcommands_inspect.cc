// connections, sessions, trees, opens, locks; close, kick, disconnect.
#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/table.h"
#include "tools/sluicectl/units.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

constexpr Column kConnections[] = {
    {"id", "ID"},     {"client", "CLIENT"},     {"dialect", "DIALECT"}, {"age", "AGE"},
    {"loop", "LOOP"}, {"sessions", "SESSIONS"}, {"opens", "OPENS"},     {"requests", "REQUESTS"},
    {"read", "READ"}, {"written", "WRITTEN"}};
constexpr Column kSessions[] = {
    {"id", "ID"},         {"user", "USER"},           {"log_on", "LOG-ON"},
    {"client", "CLIENT"}, {"dialect", "DIALECT"},     {"signing", "SIGNING"},
    {"cipher", "CIPHER"}, {"encrypted", "ENCRYPTED"}, {"age", "AGE"},
    {"opens", "OPENS"},   {"read", "READ"},           {"written", "WRITTEN"}};
constexpr Column kTrees[] = {{"share", "SHARE"},
                             {"user", "USER"},
                             {"client", "CLIENT"},
                             {"encrypted", "ENCRYPTED"},
                             {"session", "SESSION"}};
constexpr Column kOpens[] = {{"id", "ID"},         {"share", "SHARE"},   {"path", "PATH"},
                             {"kind", "KIND"},     {"access", "ACCESS"}, {"sharing", "SHARING"},
                             {"oplock", "OPLOCK"}, {"locks", "LOCKS"},   {"user", "USER"},
                             {"client", "CLIENT"}, {"read", "READ"},     {"written", "WRITTEN"}};
constexpr Column kLocks[] = {
    {"share", "SHARE"},         {"path", "PATH"}, {"offset", "OFFSET"}, {"length", "LENGTH"},
    {"exclusive", "EXCLUSIVE"}, {"user", "USER"}, {"client", "CLIENT"}, {"open", "OPEN"}};

struct Filter {
  std::string id;
  std::string user;
  std::string share;
  std::string path;
  std::string client;
  int limit = 0;

  json params() const {
    json params = json::object();
    if (!id.empty()) params["id"] = id;
    if (!user.empty()) params["user"] = user;
    if (!share.empty()) params["share"] = share;
    if (!path.empty()) params["path"] = path;
    if (!client.empty()) params["client"] = client;
    if (limit != 0) params["limit"] = limit;
    return params;
  }
};

// The table's columns that are made from others.
json ForPeople(json rows) {
  const int64_t now = time(nullptr);
  for (json& row : rows) {
    if (row.contains("since")) row["age"] = Age(now - row["since"].get<int64_t>());
    if (!row.contains("bytes_read")) continue;
    row["read"] = Bytes(row["bytes_read"].get<double>());
    row["written"] = Bytes(row["bytes_written"].get<double>());
  }
  return rows;
}

// What is missing below the table; to standard error, so that a pipe gets rows only.
void WarnOfMissing(const json& result) {
  const size_t shown = result["rows"].size();
  const uint64_t matched = result.value("matched", uint64_t{0});
  if (shown < matched) {
    std::cerr << "sluicectl: " << shown << " of " << matched << " are shown; --limit shows more\n";
  }
  if (!result.value("complete", true)) {
    std::cerr << "sluicectl: a loop of the gateway did not answer in time: some are missing\n";
  }
}

struct ListRow {
  const char* name;
  const char* help;
  absl::Span<const Column> columns;
  const char* none;
  // Which filters there are beside client.
  bool user;
  bool share;
  bool path;
};

constexpr ListRow kLists[] = {
    {"connections", "The clients that are connected, and what each has done", kConnections,
     "no client is connected", false, false, false},
    {"sessions", "Who is logged on, from where, and how it is protected", kSessions, "no sessions",
     true, false, false},
    {"trees", "Who uses which share", kTrees, "nobody uses a share", true, true, false},
    {"opens", "What is open, and by whom", kOpens, "nothing is open", true, true, true},
    {"locks", "The byte-range locks that are held, and by whom", kLocks, "nothing is locked", true,
     true, true},
};

void AddFilter(CLI::App& app, const ListRow& row, Filter& filter) {
  if (row.user) app.add_option("--user", filter.user, "Only this user's");
  if (row.share) app.add_option("--share", filter.share, "Only in this share");
  if (row.path) {
    app.add_option("--path", filter.path,
                   "Only at or below this path of the share, or a pattern with * and ?");
  }
  app.add_option("--client", filter.client, "Only of this address, or address:port");
}

void AddList(CLI::App& app, Context& context, const ListRow& row) {
  const auto filter = std::make_shared<Filter>();
  CLI::App* list = app.add_subcommand(row.name, row.help);
  AddFilter(*list, row, *filter);
  list->add_option("--limit", filter->limit, "Rows to show at most (default: 1000)");
  list->callback([filter, &context, &row] {
    Run(context, row.name, filter->params(), [&row](const json& result) {
      WarnOfMissing(result);
      return RenderTable(ForPeople(result["rows"]), row.columns, row.none);
    });
  });
}

struct EndRow {
  const char* name;
  const char* command;
  const char* id;  // placeholder
  const char* id_help;
  const char* help;
  const char* done;
  bool user;
  bool share;
  bool path;
};

constexpr EndRow kEnds[] = {
    {"close", "opens.close", "OPEN", "As `sluicectl opens` shows it",
     "Close open files, as if their clients had; what clients have not written is lost", " closed",
     true, true, true},
    {"kick", "sessions.kick", "SESSION", "As `sluicectl sessions` shows it",
     "Log sessions off; their clients may log on again", " logged off", true, false, false},
    {"disconnect", "connections.disconnect", "CONNECTION", "As `sluicectl connections` shows it",
     "Disconnect clients; they may connect again", " disconnected", false, false, false},
};

void AddEnd(CLI::App& app, Context& context, const EndRow& row) {
  const auto filter = std::make_shared<Filter>();
  CLI::App* end = app.add_subcommand(row.name, row.help);
  end->add_option(row.id, filter->id, row.id_help);
  AddFilter(*end, {row.name, row.help, {}, "", row.user, row.share, row.path}, *filter);
  end->callback([filter, &context, &row] {
    Run(context, row.command, filter->params(), [&row](const json& result) {
      if (!result.value("complete", true)) {
        std::cerr << "sluicectl: a loop of the gateway did not answer in time; it may go on\n";
      }
      return absl::StrCat(result.value("matched", uint64_t{0}), row.done, "\n");
    });
  });
}

}  // namespace

void AddInspectCommands(CLI::App& app, Context& context) {
  for (const ListRow& row : kLists) AddList(app, context, row);
  for (const EndRow& row : kEnds) AddEnd(app, context, row);
}

}  // namespace sluice::sluicectl
