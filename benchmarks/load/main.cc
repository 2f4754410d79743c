// sluicebench: loads an SMB server and measures it. docs/benchmarking.md is its manual.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/load/command_line.h"
#include "benchmarks/load/report.h"
#include "benchmarks/load/results.h"
#include "benchmarks/load/work/run.h"
#include "server/base/log.h"

namespace sluice::bench {
namespace {

// Exit codes: 0 done, 1 the run failed, 2 wrong usage.
constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Complain(const absl::Status& status, int code) {
  std::fprintf(stderr, "sluicebench: %s\n", std::string(status.message()).c_str());
  return code;
}

// Thousands of connections need as many descriptors.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// With a terminal: one line that is written over again and again.
void ShowProgress(const Interval& interval) {
  std::fprintf(stderr, "\r\033[K%s", ProgressText(interval).c_str());
  std::fflush(stderr);
}

// Of a suite the results of the jobs before it are kept; where there are none, what an earlier
// command left in the file does not pass for this one's. The jobs after it would meet what it left
// behind, so none is run.
[[noreturn]] void EndAfterFailure(const CommandLine& line, const std::vector<FinishedRun>& finished,
                                  const std::string& label, const absl::Status& status) {
  const std::string failure = absl::StrCat(label, ": ", std::string(status.message()));
  std::fprintf(stderr, "sluicebench: %s\n", failure.c_str());
  if (line.runs.size() > 1) {
    std::fprintf(stderr, "sluicebench: the suite ends after %zu of its %zu jobs\n", finished.size(),
                 line.runs.size());
  }
  if (!line.json.empty()) {
    const absl::Status written = WriteText(line.json, ResultsJson(finished, failure));
    if (!written.ok()) Complain(written, kFailed);
  }
  // Without the destructors: threads may still wait for a server that does not answer.
  std::fflush(stdout);
  _exit(kFailed);
}

int RunAll(const CommandLine& line) {
  RaiseDescriptorLimit();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  std::FILE* const table = line.json == "-" ? stderr : stdout;
  std::vector<FinishedRun> finished;
  if (!line.json.empty() && line.json != "-") {
    const absl::Status writable = CheckWritable(line.json);
    if (!writable.ok()) return Complain(writable, kUsage);
  }
  for (const RunOptions& options : line.runs) {
    const Progress progress = terminal ? Progress(ShowProgress) : Progress();
    absl::StatusOr<RunResult> result = Run(options, progress);
    if (terminal) std::fputs("\r\033[K", stderr);
    if (!result.ok()) EndAfterFailure(line, finished, options.label, result.status());
    finished.push_back({options, *std::move(result)});
    // What earlier runs left allocated is no part of a fresh server's memory.
    finished.back().result.server_alone = finished.front().result.server_alone;
    std::fputs(ResultText(finished.back()).c_str(), table);
    std::fflush(table);
    if (finished.back().result.interrupted) {
      EndAfterFailure(line, finished, options.label, absl::CancelledError("interrupted"));
    }
  }
  if (line.json.empty()) return 0;
  const absl::Status written = WriteText(line.json, ResultsJson(finished));
  return written.ok() ? 0 : Complain(written, kFailed);
}

int Main(int argc, char** argv) {
  base::SetLogLevel(base::LogLevel::kError);
  const absl::StatusOr<CommandLine> line =
      ParseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  if (!line.ok()) return Complain(line.status(), kUsage);
  switch (line->action) {
    case CommandLine::Action::kSay:
      std::fputs(line->text.c_str(), stdout);
      return 0;
    case CommandLine::Action::kRun:
      return RunAll(*line);
    case CommandLine::Action::kReport: {
      const absl::Status status = WriteReport(line->results, line->title, line->html);
      return status.ok() ? 0 : Complain(status, kFailed);
    }
  }
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
