#include "benchmarks/load/measure/server_usage.h"

#include <dirent.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice::bench {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  return text.str();
}

// The number behind "name" in lines of "name: 12 kB" or "name 12".
std::optional<uint64_t> Field(const std::string& text, absl::string_view name) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    uint64_t value = 0;
    if (words.size() >= 2 && words[0] == name && absl::SimpleAtoi(words[1], &value)) return value;
  }
  return std::nullopt;
}

class Processes {
 public:
  explicit Processes(const ServerProcess& server) : server_(server) {}

  absl::Status Add(int pid) {
    const std::string directory = absl::StrCat(server_.proc, "/", pid);
    const absl::StatusOr<std::string> stat = ReadFile(directory + "/stat");
    if (!stat.ok()) return stat.status();
    // The name in parentheses may hold anything.
    const size_t end = stat->rfind(')');
    const std::vector<std::string> fields = absl::StrSplit(
        end == std::string::npos ? "" : stat->substr(end + 1), ' ', absl::SkipEmpty());
    if (fields.size() < 15)
      return absl::DataLossError(directory + "/stat is not what it should be");
    double ticks =
        std::strtod(fields[11].c_str(), nullptr) + std::strtod(fields[12].c_str(), nullptr);
    if (server_.tree) {
      ticks += std::strtod(fields[13].c_str(), nullptr) + std::strtod(fields[14].c_str(), nullptr);
    }
    usage.cpu_seconds += ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    AddMemory(directory);
    return server_.tree ? AddChildren(directory) : absl::OkStatus();
  }

  ServerUsage usage;

 private:
  void AddMemory(const std::string& directory) {
    uint64_t kib = 0;
    if (server_.tree) {
      const absl::StatusOr<std::string> rollup = ReadFile(directory + "/smaps_rollup");
      if (rollup.ok()) kib = Field(*rollup, "Pss").value_or(0);
    }
    if (kib == 0) {
      const absl::StatusOr<std::string> status = ReadFile(directory + "/status");
      if (status.ok()) kib = Field(*status, "VmRSS").value_or(0);
    }
    usage.resident_bytes += kib * 1024;
  }

  // A child that ends meanwhile is none.
  absl::Status AddChildren(const std::string& directory) {
    DIR* const tasks = opendir((directory + "/task").c_str());
    if (tasks == nullptr) return absl::OkStatus();
    std::vector<std::string> names;
    while (const dirent* entry = readdir(tasks)) names.emplace_back(entry->d_name);
    closedir(tasks);
    for (const std::string& name : names) {
      const absl::StatusOr<std::string> children =
          ReadFile(absl::StrCat(directory, "/task/", name, "/children"));
      if (!children.ok()) continue;
      for (const absl::string_view word : absl::StrSplit(*children, ' ', absl::SkipEmpty())) {
        int child = 0;
        if (absl::SimpleAtoi(word, &child)) Add(child).IgnoreError();
      }
    }
    return absl::OkStatus();
  }

  const ServerProcess& server_;
};

}  // namespace

absl::StatusOr<ServerUsage> ReadUsage(const ServerProcess& server) {
  if (!server.cgroup.empty()) {
    const absl::StatusOr<std::string> cpu = ReadFile(server.cgroup + "/cpu.stat");
    if (!cpu.ok()) return cpu.status();
    const absl::StatusOr<std::string> memory = ReadFile(server.cgroup + "/memory.current");
    if (!memory.ok()) return memory.status();
    const std::optional<uint64_t> micros = Field(*cpu, "usage_usec");
    ServerUsage usage;
    // Version 1 has a file of the same name without it: no CPU time would be the best of results.
    if (!micros || !absl::SimpleAtoi(*memory, &usage.resident_bytes)) {
      return absl::DataLossError(absl::StrCat(
          server.cgroup, "/cpu.stat or memory.current is not what a cgroup of version 2 has"));
    }
    usage.cpu_seconds = static_cast<double>(*micros) / 1e6;
    return usage;
  }
  Processes processes(server);
  const absl::Status status = processes.Add(server.pid);
  if (!status.ok()) return status;
  return processes.usage;
}

}  // namespace sluice::bench
