// Line and bar charts as SVG text, for one self-contained page.
#ifndef SLUICE_BENCHMARKS_LOAD_SVG_H_
#define SLUICE_BENCHMARKS_LOAD_SVG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::bench {

// For text between tags and in attributes.
std::string EscapeHtml(absl::string_view text);
// "1.2k", "35", "0.04": few characters for an axis or a bar.
std::string ShortNumber(double value);

struct ChartSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  // in order of x
};

struct LineChart {
  std::string title;
  std::string x_name;
  std::string y_name;
  bool x_log = false;
  bool y_log = false;
  // Instead of round numbers: where and what.
  std::vector<std::pair<double, std::string>> x_ticks;
  std::vector<ChartSeries> series;
};
// "" if there is no point.
std::string RenderLines(const LineChart& chart);

struct BarChart {
  std::string title;
  std::string unit;
  std::vector<std::string> series;
  struct Group {
    std::string name;
    std::vector<double> values;  // by series; below 0: there is none
  };
  std::vector<Group> groups;
};
// Horizontal bars with their values, each group on a scale of its own. "" if there is no group.
std::string RenderBars(const BarChart& chart);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_SVG_H_
