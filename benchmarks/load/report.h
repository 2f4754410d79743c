// `sluicebench report`: results as one HTML file with tables and plots, nothing outside it needed.
#ifndef SLUICE_BENCHMARKS_LOAD_REPORT_H_
#define SLUICE_BENCHMARKS_LOAD_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace sluice::bench {

// `results` are files that runs wrote. Each file is a series, named after it (without directory and
// ".json"): runs of the same label in several files are compared; runs of one workload that differ
// in their connections make a scaling curve.
absl::Status WriteReport(const std::vector<std::string>& results, const std::string& title,
                         const std::string& html);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_REPORT_H_
