#include "benchmarks/load/results.h"

#include <sys/utsname.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/version.h"

namespace sluice::bench {

using nlohmann::json;

namespace {

struct QuantileRow {
  const char* name;  // in text
  const char* key;   // in JSON
  double quantile;
};
constexpr QuantileRow kQuantiles[] = {
    {"p50", "p50", 0.5}, {"p90", "p90", 0.9}, {"p99", "p99", 0.99}, {"p99.9", "p99_9", 0.999}};

double Micros(uint64_t nanos) { return static_cast<double>(nanos) / 1e3; }

std::string Duration(uint64_t nanos) {
  const double micros = Micros(nanos);
  if (micros < 1000) return absl::StrFormat("%.1f us", micros);
  if (micros < 1e6) return absl::StrFormat("%.2f ms", micros / 1e3);
  return absl::StrFormat("%.2f s", micros / 1e6);
}

// As --bs has it.
std::string Size(uint64_t bytes) {
  if (bytes % (1 << 20) == 0) return absl::StrCat(bytes >> 20, "M");
  if (bytes % (1 << 10) == 0) return absl::StrCat(bytes >> 10, "K");
  return absl::StrCat(bytes, " bytes");
}

double Mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

struct Rates {
  double operations = 0;  // a second
  double megabytes = 0;   // 10^6 a second
};
Rates RatesOf(const RunResult& result) {
  if (result.seconds <= 0) return {};
  return {static_cast<double>(result.statistics.operations()) / result.seconds,
          static_cast<double>(result.statistics.bytes()) / 1e6 / result.seconds};
}

double ServerCpu(const RunResult& result) {
  if (!result.server_before || !result.server_after) return 0;
  return result.server_after->cpu_seconds - result.server_before->cpu_seconds;
}

json LatencyJson(const Histogram& latency) {
  json j = {{"count", latency.count()},
            {"min", Micros(latency.min())},
            {"mean", latency.mean() / 1e3},
            {"max", Micros(latency.max())}};
  for (const QuantileRow& row : kQuantiles) j[row.key] = Micros(latency.Quantile(row.quantile));
  return j;
}

json ServerJson(const RunOptions& options, const RunResult& result) {
  const double cpu = ServerCpu(result);
  const auto operations = static_cast<double>(result.statistics.operations());
  const auto bytes = static_cast<double>(result.statistics.bytes());
  json j = {{"cpu_seconds", cpu},
            {"resident_alone", result.server_alone ? result.server_alone->resident_bytes : 0},
            {"resident_before", result.server_before->resident_bytes},
            {"resident_after", result.server_after->resident_bytes}};
  if (operations > 0) j["cpu_us_per_operation"] = cpu * 1e6 / operations;
  if (bytes > 0) j["cpu_s_per_GB"] = cpu / (bytes / 1e9);
  if (result.server_alone && options.workload == "idle") {
    j["bytes_per_connection"] = (static_cast<double>(result.server_after->resident_bytes) -
                                 static_cast<double>(result.server_alone->resident_bytes)) /
                                options.connections;
  }
  return j;
}

std::string LogOnName(const ClientOptions& client) {
  if (client.limit) return "none";
  if (client.kerberos) return "kerberos";
  return client.user.empty() ? "anonymous" : "ntlm";
}

json OptionsJson(const RunOptions& o, uint64_t block_bytes) {
  return {{"target", o.target},
          {"auth", LogOnName(o.client)},
          {"workload", o.workload},
          {"connections", o.connections},
          {"depth", o.depth},
          {"threads", o.threads},
          {"bs", block_bytes != 0 ? block_bytes : o.block_bytes},
          {"size", o.file_bytes},
          {"files", o.files},
          {"folders", o.folders},
          {"read_percent", o.read_percent},
          {"hold", o.hold},
          {"other_case", o.other_case},
          {"verify", o.verify},
          {"seconds", o.seconds},
          {"count", o.count},
          {"warmup", o.warmup_seconds},
          {"rate", o.rate},
          {"think_us", o.think_micros},
          {"seed", o.seed}};
}

json RunJson(const FinishedRun& run) {
  const RunResult& result = run.result;
  const Statistics& statistics = result.statistics;
  const Rates rates = RatesOf(result);
  json j = {{"label", run.options.label},
            {"options", OptionsJson(run.options, result.block_bytes)},
            {"agreed",
             {{"dialect", result.dialect}, {"signing", result.signing}, {"cipher", result.cipher}}},
            {"seconds", result.seconds},
            {"operations", statistics.operations()},
            {"bytes", statistics.bytes()},
            {"operations_per_s", rates.operations},
            {"MB_per_s", rates.megabytes},
            {"entries", statistics.entries()},
            {"missed", result.missed},
            {"client_cpu_seconds", result.client_cpu_seconds},
            {"latency_us", LatencyJson(statistics.latency())},
            {"errors", json::object()},
            {"kinds", json::object()},
            {"histogram", json::array()},
            {"intervals", json::array()}};
  if (!run.options.curve.empty()) {
    j["curve"] = {{"name", run.options.curve}, {"at", run.options.curve_at}};
  }
  for (const auto& [status, count] : statistics.errors()) j["errors"][StatusText(status)] = count;
  for (size_t i = 0; i < kKinds; ++i) {
    const Histogram* const of_kind = statistics.latency_of(static_cast<Kind>(i));
    if (of_kind == nullptr) continue;
    j["kinds"][std::string(Name(static_cast<Kind>(i)))] = LatencyJson(*of_kind);
  }
  statistics.latency().ForEach([&j](uint64_t nanos, uint64_t count) {
    j["histogram"].push_back({Micros(nanos), count});
  });
  for (const Interval& interval : result.intervals) {
    j["intervals"].push_back({{"t", interval.at_seconds},
                              {"seconds", interval.seconds},
                              {"operations", interval.operations},
                              {"bytes", interval.bytes},
                              {"errors", interval.errors},
                              {"p50_us", Micros(interval.p50_nanos)},
                              {"p99_us", Micros(interval.p99_nanos)}});
  }
  if (result.server_before && result.server_after) j["server"] = ServerJson(run.options, result);
  return j;
}

json MachineJson() {
  json j = {{"cores", std::thread::hardware_concurrency()}};
  utsname name{};
  if (uname(&name) == 0) j["kernel"] = absl::StrCat(name.sysname, " ", name.release);
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!absl::StartsWith(line, "model name")) continue;
    j["processor"] = line.substr(line.find(':') + 2);
    break;
  }
  return j;
}

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void AppendServer(const FinishedRun& run, std::string* text) {
  const RunResult& result = run.result;
  if (!result.server_before || !result.server_after) return;
  const double cpu = ServerCpu(result);
  const auto operations = static_cast<double>(result.statistics.operations());
  const auto bytes = static_cast<double>(result.statistics.bytes());
  absl::StrAppendFormat(text, "  server       CPU %.2f s", cpu);
  if (operations > 0) absl::StrAppendFormat(text, ", %.2f us/op", cpu * 1e6 / operations);
  if (bytes > 0) absl::StrAppendFormat(text, ", %.3f s/GB", cpu / (bytes / 1e9));
  absl::StrAppend(text,
                  absl::StrFormat("; memory %.1f MiB", Mib(result.server_after->resident_bytes)));
  if (result.server_alone) {
    const double more = static_cast<double>(result.server_after->resident_bytes) -
                        static_cast<double>(result.server_alone->resident_bytes);
    if (run.options.workload == "idle") {
      absl::StrAppendFormat(text, ", %.1f KiB a connection", more / 1024 / run.options.connections);
    } else {
      absl::StrAppendFormat(text, ", %.1f MiB before", Mib(result.server_alone->resident_bytes));
    }
  }
  absl::StrAppend(text, "\n");
}

}  // namespace

std::string ResultText(const FinishedRun& run) {
  const RunOptions& options = run.options;
  const RunResult& result = run.result;
  const Statistics& statistics = result.statistics;
  const Rates rates = RatesOf(result);
  std::string text = absl::StrFormat(
      "%s: %s%d x %d, %s%s, signing %s, cipher %s, %.2f s%s%s\n", options.label,
      result.block_bytes == 0 ? "" : Size(result.block_bytes) + ", ", options.connections,
      options.depth, options.client.limit ? "no SMB" : "SMB " + result.dialect,
      options.client.kerberos ? ", Kerberos" : "", result.signing, result.cipher, result.seconds,
      options.verify ? ", verified" : "", result.interrupted ? ", interrupted" : "");
  if (statistics.operations() > 0) {
    absl::StrAppendFormat(&text, "  rate         %.0f op/s", rates.operations);
    if (statistics.bytes() > 0) absl::StrAppendFormat(&text, ", %.1f MB/s", rates.megabytes);
    if (options.rate > 0) absl::StrAppendFormat(&text, "; %.0f op/s asked for", options.rate);
    absl::StrAppend(&text, "\n  latency      ");
    for (const QuantileRow& row : kQuantiles) {
      absl::StrAppend(&text, row.name, " ", Duration(statistics.latency().Quantile(row.quantile)),
                      "  ");
    }
    absl::StrAppend(&text, "max ", Duration(statistics.latency().max()), "\n");
  }
  size_t kinds = 0;
  for (size_t i = 0; i < kKinds; ++i)
    kinds += statistics.latency_of(static_cast<Kind>(i)) != nullptr;
  for (size_t i = 0; kinds > 1 && i < kKinds; ++i) {
    const Histogram* const of_kind = statistics.latency_of(static_cast<Kind>(i));
    if (of_kind == nullptr) continue;
    absl::StrAppendFormat(&text, "    %-26s %9.0f op/s  p50 %s  p99 %s\n",
                          std::string(Name(static_cast<Kind>(i))),
                          static_cast<double>(of_kind->count()) / result.seconds,
                          Duration(of_kind->Quantile(0.5)), Duration(of_kind->Quantile(0.99)));
  }
  AppendServer(run, &text);
  if (result.seconds > 0) {
    const double busy = result.client_cpu_seconds / result.seconds;
    absl::StrAppendFormat(
        &text, "  this client  %.0f%% of a core%s\n", busy * 100,
        busy > 0.9 * options.threads ? "; it may be what limits the rate: use more --threads" : "");
  }
  if (result.missed > 0) {
    absl::StrAppend(&text, "  missed       ", result.missed,
                    " operations never began: the rate is more than the server, or this client, "
                    "can do\n");
  }
  for (const auto& [status, count] : statistics.errors()) {
    absl::StrAppend(&text, "  errors       ", StatusText(status), " ", count, "\n");
  }
  return text;
}

std::string ProgressText(const Interval& interval) {
  const double seconds = interval.seconds > 0 ? interval.seconds : 1;
  return absl::StrFormat("%5.0f s  %9.0f op/s  %8.1f MB/s  p50 %s  p99 %s  errors %d%s",
                         interval.at_seconds, static_cast<double>(interval.operations) / seconds,
                         static_cast<double>(interval.bytes) / 1e6 / seconds,
                         Duration(interval.p50_nanos), Duration(interval.p99_nanos),
                         interval.errors, interval.at_seconds < 0.5 ? "  (warm-up)" : "");
}

std::string ResultsJson(const std::vector<FinishedRun>& runs, const std::string& failure) {
  json j = {{"sluicebench", base::kVersion},
            {"when", Now()},
            {"machine", MachineJson()},
            {"runs", json::array()}};
  if (!failure.empty()) j["failed"] = failure;
  for (const FinishedRun& run : runs) j["runs"].push_back(RunJson(run));
  return j.dump(1) + "\n";
}

absl::Status CheckWritable(const std::string& path) {
  std::error_code error;
  const bool was_there = std::filesystem::exists(path, error);
  const bool opened = std::ofstream(path, std::ios::app).is_open();
  if (!opened) return absl::InvalidArgumentError(absl::StrCat("cannot write ", path));
  if (!was_there) std::filesystem::remove(path, error);
  return absl::OkStatus();
}

absl::Status WriteText(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text << std::flush;
    return absl::OkStatus();
  }
  std::ofstream file(path);
  if (!(file << text).flush()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

}  // namespace sluice::bench
