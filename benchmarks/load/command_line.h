// sluicebench's command line and job files.
#ifndef SLUICE_BENCHMARKS_LOAD_COMMAND_LINE_H_
#define SLUICE_BENCHMARKS_LOAD_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/load/work/run_options.h"

namespace sluice::bench {

struct CommandLine {
  enum class Action { kRun, kReport, kSay };
  Action action = Action::kSay;
  std::vector<RunOptions> runs;      // kRun: one, or a job file's
  std::string json;                  // kRun: where results go; "" for nowhere, "-" for stdout
  std::vector<std::string> results;  // kReport: files to read
  std::string html;                  // kReport
  std::string title;                 // kReport
  std::string text;                  // kSay: help, or the version
};

// `arguments` without the program's name. The error says what to do; secrets come from where the
// options say, never from the arguments.
absl::StatusOr<CommandLine> ParseCommandLine(std::vector<std::string> arguments);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_COMMAND_LINE_H_
