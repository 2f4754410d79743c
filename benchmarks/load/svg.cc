#include "benchmarks/load/svg.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::bench {
namespace {

// Okabe and Ito's colours, told apart by all eyes and in print.
constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                    "#E69F00", "#56B4E9", "#000000", "#8C8C00"};
const char* Colour(size_t i) { return kColours[i % std::size(kColours)]; }

constexpr double kWidth = 640;
constexpr double kHeight = 320;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 16;
constexpr double kBottom = 44;
constexpr double kLegendRow = 18;

// Maps values to places along an axis.
class Axis {
 public:
  Axis(double least, double most, bool log, double from, double to)
      : log_(log), from_(from), to_(to), least_(least), most_(most) {
    if (log_) {
      least_ = std::pow(10, std::floor(std::log10(std::max(least_, 1e-9)) + 1e-9));
      most_ = std::max(most_, least_ * 2);
    } else if (most_ <= least_) {
      most_ = least_ + 1;
    }
  }

  double Place(double value) const {
    const double part = log_ ? std::log(std::max(value, least_) / least_) / std::log(most_ / least_)
                             : (value - least_) / (most_ - least_);
    return from_ + part * (to_ - from_);
  }

  // Round values inside the axis, about five.
  std::vector<double> Ticks() const {
    std::vector<double> ticks;
    if (log_) {
      for (double tick = least_; tick <= most_ * 1.0001; tick *= 10) ticks.push_back(tick);
      if (ticks.size() < 3) {
        for (double tick = least_; tick <= most_ * 1.0001; tick *= 10) {
          if (tick * 2 <= most_) ticks.push_back(tick * 2);
          if (tick * 5 <= most_) ticks.push_back(tick * 5);
        }
      }
      return ticks;
    }
    const double rough = (most_ - least_) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = power * 10;
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (rough <= power * factor) {
        step = power * factor;
        break;
      }
    }
    for (double tick = std::ceil(least_ / step) * step; tick <= most_ + step * 0.001;
         tick += step) {
      ticks.push_back(tick);
    }
    return ticks;
  }

 private:
  const bool log_;
  const double from_;
  const double to_;
  double least_;
  double most_;
};

void AppendText(double x, double y, absl::string_view anchor, absl::string_view text,
                std::string* svg) {
  absl::StrAppendFormat(svg, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y,
                        anchor, EscapeHtml(text));
}

void AppendLegend(const std::vector<std::string>& names, double top, std::string* svg) {
  for (size_t i = 0; i < names.size(); ++i) {
    const double y = top + kLegendRow * static_cast<double>(i);
    absl::StrAppendFormat(svg,
                          "<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\" fill=\"%s\"/>\n",
                          kLeft, y, Colour(i));
    AppendText(kLeft + 18, y + 10, "start", names[i], svg);
  }
}

std::string Open(absl::string_view title, double height) {
  return absl::StrFormat(
      "<figure><figcaption>%s</figcaption>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
      "aria-label=\"%s\" xmlns=\"http://www.w3.org/2000/svg\">\n",
      EscapeHtml(title), kWidth, height, EscapeHtml(title));
}

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string ShortNumber(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e9) return absl::StrFormat("%.3gG", value / 1e9);
  if (size >= 1e6) return absl::StrFormat("%.3gM", value / 1e6);
  if (size >= 1e4) return absl::StrFormat("%.3gk", value / 1e3);
  if (size >= 100) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.3g", value);
}

std::string RenderLines(const LineChart& chart) {
  double x_least = HUGE_VAL, x_most = -HUGE_VAL, y_least = HUGE_VAL, y_most = -HUGE_VAL;
  std::vector<std::string> names;
  for (const ChartSeries& series : chart.series) {
    names.push_back(series.name);
    for (const auto& [x, y] : series.points) {
      x_least = std::min(x_least, x);
      x_most = std::max(x_most, x);
      y_least = std::min(y_least, y);
      y_most = std::max(y_most, y);
    }
  }
  if (x_least > x_most) return "";
  const double legend = kLegendRow * static_cast<double>(names.size());
  const Axis xs(x_least, x_most, chart.x_log, kLeft, kWidth - kRight);
  const Axis ys(chart.y_log ? y_least : 0, y_most * 1.05, chart.y_log, kHeight - kBottom, kTop);
  std::string svg = Open(chart.title, kHeight + legend);
  for (const double tick : ys.Ticks()) {
    const double y = ys.Place(tick);
    absl::StrAppendFormat(
        &svg, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", kLeft, y,
        kWidth - kRight, y);
    AppendText(kLeft - 6, y + 4, "end", ShortNumber(tick), &svg);
  }
  std::vector<std::pair<double, std::string>> x_ticks = chart.x_ticks;
  if (x_ticks.empty()) {
    for (const double tick : xs.Ticks()) x_ticks.emplace_back(tick, ShortNumber(tick));
  }
  for (const auto& [tick, text] : x_ticks) {
    if (tick > x_most * 1.0001) continue;
    AppendText(xs.Place(tick), kHeight - kBottom + 16, "middle", text, &svg);
  }
  absl::StrAppendFormat(&svg,
                        "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                        kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom);
  AppendText((kLeft + kWidth - kRight) / 2, kHeight - 10, "middle", chart.x_name, &svg);
  absl::StrAppendFormat(&svg,
                        "<text x=\"14\" y=\"%.1f\" text-anchor=\"middle\" "
                        "transform=\"rotate(-90 14 %.1f)\">%s</text>\n",
                        (kTop + kHeight - kBottom) / 2, (kTop + kHeight - kBottom) / 2,
                        EscapeHtml(chart.y_name));
  for (size_t i = 0; i < chart.series.size(); ++i) {
    absl::StrAppendFormat(&svg, "<polyline stroke=\"%s\" points=\"", Colour(i));
    for (const auto& [x, y] : chart.series[i].points) {
      absl::StrAppendFormat(&svg, "%.1f,%.1f ", xs.Place(x), ys.Place(y));
    }
    svg += "\"/>\n";
    if (chart.series[i].points.size() > 40) continue;
    for (const auto& [x, y] : chart.series[i].points) {
      absl::StrAppendFormat(&svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
                            xs.Place(x), ys.Place(y), Colour(i));
    }
  }
  AppendLegend(names, kHeight, &svg);
  return svg + "</svg></figure>\n";
}

std::string RenderBars(const BarChart& chart) {
  if (chart.groups.empty()) return "";
  constexpr double kCharacter = 6.6;  // most are narrower
  constexpr double kValues = 64;
  constexpr double kBar = 14;
  constexpr double kGap = 10;
  const auto height_of = [](const BarChart::Group& group) {
    const auto there = [](double value) { return value >= 0; };
    return kBar *
           static_cast<double>(std::count_if(group.values.begin(), group.values.end(), there));
  };
  double bars = kTop;
  double names = 170;
  for (const BarChart::Group& group : chart.groups) {
    bars += height_of(group) + kGap;
    names = std::max(names, 16 + kCharacter * static_cast<double>(group.name.size()));
  }
  names = std::min(names, kWidth / 2);
  std::string svg = Open(absl::StrCat(chart.title, " (", chart.unit, ")"),
                         bars + kLegendRow * static_cast<double>(chart.series.size()) + kGap);
  double y = kTop;
  for (const BarChart::Group& group : chart.groups) {
    AppendText(names - 8, y + height_of(group) / 2 + 4, "end", group.name, &svg);
    const double most = *std::max_element(group.values.begin(), group.values.end());
    for (size_t i = 0; i < group.values.size(); ++i) {
      if (group.values[i] < 0) continue;
      const double part = most > 0 ? group.values[i] / most : 0;
      const double width = part * (kWidth - names - kValues);
      absl::StrAppendFormat(
          &svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", names,
          y + 1, std::max(width, 0.5), kBar - 2, Colour(i));
      AppendText(names + width + 5, y + kBar - 3, "start", ShortNumber(group.values[i]), &svg);
      y += kBar;
    }
    y += kGap;
  }
  AppendLegend(chart.series, bars, &svg);
  return svg + "</svg></figure>\n";
}

}  // namespace sluice::bench
