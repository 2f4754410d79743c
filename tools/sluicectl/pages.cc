#include "tools/sluicectl/pages.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/base/printable.h"
#include "tools/sluicectl/latencies.h"
#include "tools/sluicectl/table.h"
#include "tools/sluicectl/units.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

constexpr double kNanosPerSecond = 1e9;
constexpr char kStatusPrefix[] = "status.";

uint64_t Number(const json& object, const char* key) { return object.value(key, uint64_t{0}); }

// Counters that stand still on a good day, and what they say.
constexpr struct {
  const char* counter;
  const char* text;
} kTroubles[] = {
    {"failed_logons", "log-ons failed"},
    {"connections_refused_of_address", "connections refused: too many of their address"},
    {"connections_dropped", "connections ended for what the client did"},
    {"wrong_signatures", "messages with a wrong signature"},
    {"out_of_buffers", "requests refused: all buffers in use"},
    {"crypto_failures", "messages that could not be signed, verified, sealed or opened"},
    {"waits_for_receive_buffer", "waits for a receive buffer"},
    {"waits_for_frame_buffer", "waits for a buffer for a long message"},
};

json Names(const json& counts, const char* name, const char* count) {
  json rows = json::array();
  for (const auto& [key, value] : counts.items()) {
    if (value != 0) rows.push_back({{name, key}, {count, value}});
  }
  return rows;
}

void AppendCounts(const json& counts, absl::string_view heading, std::string* out) {
  const json rows = Names(counts, "name", "count");
  if (rows.empty()) return;
  const Column columns[] = {{"name", heading}, {"count", "COUNT"}};
  absl::StrAppend(out, "\n", RenderTable(rows, columns, ""));
}

}  // namespace

std::string RenderStatus(const json& status) {
  const json& counters = Member(status, "counters");
  std::string out = absl::StrFormat("sluiced %s, up %s\n\n", status.value("version", ""),
                                    Age(static_cast<int64_t>(Number(status, "uptime_seconds"))));
  const auto line = [&out](const char* what, const json& value) {
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_array()) {
      text = absl::StrJoin(value, ", ", [](std::string* joined, const json& one) {
        absl::StrAppend(joined, one.get_ref<const std::string&>());
      });
    }
    absl::StrAppendFormat(&out, "%-24s%s\n", what, base::Printable(text));
  };
  line("clients", Number(status, "connections"));
  line("sessions", Number(status, "sessions"));
  line("requests", Number(counters, "requests"));
  line("errors and warnings", Number(counters, "failures"));
  line("log-ons", Number(counters, "logons"));
  line("shares", Member(status, "shares"));
  line("listens on", Member(status, "listen"));
  line("loops", Number(status, "loops"));
  line("crypto", status.value("crypto_processor", ""));
  line("protocol", Number(status, "protocol"));

  json troubles = json::array();
  for (const auto& trouble : kTroubles) {
    const uint64_t count = Number(counters, trouble.counter);
    if (count != 0) troubles.push_back({{"what", trouble.text}, {"count", count}});
  }
  constexpr Column kTroubleColumns[] = {{"count", "COUNT"}, {"what", "TROUBLE SINCE THE START"}};
  absl::StrAppend(&out, "\n", RenderTable(troubles, kTroubleColumns, "no trouble since the start"));

  json errors = json::object();
  for (const auto& [name, count] : counters.items()) {
    if (absl::StartsWith(name, kStatusPrefix))
      errors[name.substr(sizeof(kStatusPrefix) - 1)] = count;
  }
  AppendCounts(errors, "ERRORS AND WARNINGS ANSWERED", &out);
  return out +
         "\nsluicectl stats shows everything that is counted, sluicectl top what happens now.\n";
}

std::string RenderStats(const json& stats) {
  std::string out = absl::StrFormat(
      "up %s, %d clients, %d sessions, %d open files, %s of memory; received %s, sent %s\n\n",
      Age(static_cast<int64_t>(static_cast<double>(Number(stats, "uptime_nanos")) /
                               kNanosPerSecond)),
      Number(stats, "connections"), Number(stats, "sessions"), Number(stats, "opens"),
      Bytes(static_cast<double>(Number(stats, "resident_bytes"))),
      Bytes(static_cast<double>(Number(stats, "network_bytes_received"))),
      Bytes(static_cast<double>(Number(stats, "network_bytes_sent"))));
  const auto row_of = [](const std::string& name, const json& of, const char* in, const char* to) {
    const Latencies latencies(json::object(), Member(of, "latency"));
    return json{{"name", name},
                {"requests", Number(Member(of, "latency"), "count")},
                {"failures", Number(of, "failures")},
                {"in", Bytes(static_cast<double>(Number(of, in)))},
                {"out", Bytes(static_cast<double>(Number(of, to)))},
                {"p50", latencies.Text(0.5)},
                {"p99", latencies.Text(0.99)}};
  };
  json commands = json::array();
  for (const auto& [name, command] : Member(stats, "commands").items()) {
    commands.push_back(row_of(name, command, "request_bytes", "response_bytes"));
  }
  constexpr Column kCommands[] = {
      {"name", "COMMAND"}, {"requests", "REQUESTS"}, {"failures", "FAILED"}, {"in", "IN"},
      {"out", "OUT"},      {"p50", "P50"},           {"p99", "P99"}};
  absl::StrAppend(&out, RenderTable(commands, kCommands, "no requests yet"));
  json shares = json::array();
  for (const auto& [name, share] : Member(stats, "shares").items()) {
    shares.push_back(row_of(name, share, "bytes_written", "bytes_read"));
  }
  constexpr Column kShares[] = {{"name", "SHARE"}, {"requests", "REQUESTS"}, {"failures", "FAILED"},
                                {"in", "WRITTEN"}, {"out", "READ"},          {"p50", "P50"},
                                {"p99", "P99"}};
  if (!shares.empty()) absl::StrAppend(&out, "\n", RenderTable(shares, kShares, ""));
  json loops = json::array();
  for (const json& loop : Member(stats, "loops")) {
    loops.push_back(
        {{"loop", loops.size()},
         {"connections", Number(loop, "connections")},
         {"cpu", absl::StrFormat("%.1f s",
                                 static_cast<double>(Number(loop, "cpu_nanos")) / kNanosPerSecond)},
         {"turns", Number(loop, "turns")},
         {"buffers", Bytes(static_cast<double>(Number(loop, "buffer_bytes_held")))},
         {"jobs", Number(loop, "crypto_jobs")},
         {"bytes", Bytes(static_cast<double>(Number(loop, "crypto_bytes")))}});
  }
  constexpr Column kLoops[] = {{"loop", "LOOP"},         {"connections", "CONNECTIONS"},
                               {"cpu", "CPU"},           {"turns", "TURNS"},
                               {"buffers", "BUFFERS"},   {"jobs", "CRYPTO JOBS"},
                               {"bytes", "CRYPTO BYTES"}};
  absl::StrAppend(&out, "\n", RenderTable(loops, kLoops, "no loops"));
  AppendCounts(Member(stats, "refusals"), "CLIENTS REFUSED", &out);
  AppendCounts(Member(stats, "statuses"), "ERRORS AND WARNINGS ANSWERED", &out);
  AppendCounts(Member(stats, "closed"), "CONNECTIONS CLOSED", &out);
  AppendCounts(Member(stats, "counters"), "COUNTER", &out);
  return out;
}

}  // namespace sluice::sluicectl
