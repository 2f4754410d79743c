#include "server/fs/name_rules.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

// [MS-FSCC] 2.1.5.2: what a component must not hold, beside control characters.
bool IsIllegalCharacter(unsigned char c) {
  switch (c) {
    case '"':
    case '*':
    case '/':
    case ':':
    case '<':
    case '>':
    case '?':
    case '\\':
    case '|':
      return true;
    default:
      return c < 0x20;
  }
}

bool AnyIllegal(absl::string_view name) {
  return std::any_of(name.begin(), name.end(), IsIllegalCharacter);
}

bool IsDots(absl::string_view name) { return name == "." || name == ".."; }

bool FitsComponent(absl::string_view name) {
  return proto::Utf16Bytes(name) / 2 <= limits::component_utf16_units_max;
}

// The stream types that can be named. [MS-FSCC] 2.1.4.
constexpr absl::string_view kDataType = "$DATA";
constexpr absl::string_view kIndexType = "$INDEX_ALLOCATION";
constexpr absl::string_view kIndexStream = "$I30";

// A stream's name may hold what a file's may not. [MS-FSCC] 2.1.5.3.
bool IsLegalStream(absl::string_view stream) {
  constexpr absl::string_view kIllegal("\0/\\:", 4);
  return stream.find_first_of(kIllegal) == absl::string_view::npos && FitsComponent(stream);
}

// Takes ":stream:$TYPE" off the last component. False where the syntax is wrong.
bool SplitStream(absl::string_view* component, ParsedName* out) {
  const size_t colon = component->find(':');
  if (colon == absl::string_view::npos) return true;
  absl::string_view stream = component->substr(colon + 1);
  *component = component->substr(0, colon);
  out->has_stream = true;
  const size_t second = stream.find(':');
  if (second == absl::string_view::npos) {
    if (stream.empty()) return false;
  } else {
    const absl::string_view type = stream.substr(second + 1);
    stream = stream.substr(0, second);
    if (absl::EqualsIgnoreCase(type, kIndexType)) {
      if (!stream.empty() && !absl::EqualsIgnoreCase(stream, kIndexStream)) return false;
      out->is_index = true;
      out->must_be_directory = true;
      return true;
    }
    if (!absl::EqualsIgnoreCase(type, kDataType)) return false;
  }
  if (!IsLegalStream(stream)) return false;
  out->stream = std::string(stream);
  return true;
}

// "AUX" and "aux.txt" are devices to DOS, and Samba shows other names for such files.
bool IsDeviceName(absl::string_view name) {
  constexpr absl::string_view kDevices[] = {"AUX",  "LOCK$", "CON",  "COM1", "COM2", "COM3",
                                            "COM4", "LPT1",  "LPT2", "LPT3", "NUL",  "PRN"};
  const absl::string_view base = name.substr(0, name.find('.'));
  return std::any_of(std::begin(kDevices), std::end(kDevices), [base](absl::string_view device) {
    return absl::EqualsIgnoreCase(base, device);
  });
}

bool IsUtf8(absl::string_view name) {
  char32_t ignored;
  while (!name.empty()) {
    if (absl::ascii_isascii(name[0])) {
      name.remove_prefix(1);
    } else if (!proto::TakeCodePoint(&name, &ignored)) {
      return false;
    }
  }
  return true;
}

char32_t UpperCase(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 0x20 : c;
  // NTFS's table has 16-bit entries, knows no pairs of surrogates, and maps nothing that is not
  // ASCII to ASCII (dotless i, long s) nor what has no upper case of its own (sharp s, micro sign).
  if (c >= 0x10000 || c == 0xDF || c == 0xB5) return c;
  const auto upper = static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
  return upper < 0x80 || upper >= 0x10000 ? c : upper;
}

// Samba's hash2 mangling: one leading character, then the hash of the upper-cased name without its
// extension in base 36, "~" and the last digit before it.
bool IsShortNameCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '$' || c == '~';
}

uint32_t MangleHash(absl::string_view prefix) {
  constexpr uint32_t kInitial = 0xA6B93095;
  constexpr uint32_t kPrime = 0x01000193;
  uint32_t hash = kInitial;
  for (char c : FoldName(prefix)) {
    // Characters above 0x7F take part sign-extended, as in Samba.
    hash = hash * kPrime ^ static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(c)));
  }
  return hash & 0x7FFFFFFF;
}

std::string Mangle(absl::string_view name) {
  constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  absl::string_view prefix = name;
  absl::string_view extension;
  const size_t dot = name.rfind('.');
  if (dot != absl::string_view::npos) {
    const absl::string_view rest = name.substr(dot + 1);
    if (!rest.empty() && rest.size() <= 3 &&
        std::all_of(rest.begin(), rest.end(), IsShortNameCharacter)) {
      prefix = name.substr(0, dot);
      extension = rest;
    }
  }
  uint32_t hash = MangleHash(prefix);
  std::string mangled(8, '~');
  mangled[0] = IsShortNameCharacter(name[0]) ? absl::ascii_toupper(name[0]) : '_';
  mangled[7] = kDigits[hash % 36];
  for (int i = 5; i >= 1; --i) {
    hash /= 36;
    mangled[i] = kDigits[hash % 36];
  }
  if (!extension.empty()) mangled += "." + absl::AsciiStrToUpper(extension);
  return mangled;
}

}  // namespace

NtStatus ParseName(absl::Span<const uint8_t> utf16, ParsedName* out) {
  *out = ParsedName();
  if (utf16.size() % 2 != 0) return NtStatus::kInvalidParameter;
  if (utf16.size() / 2 > limits::path_bytes_max) return NtStatus::kObjectNameInvalid;
  std::string name;
  if (!proto::Utf16ToUtf8(utf16, &name)) return NtStatus::kObjectNameInvalid;
  if (name.empty()) return NtStatus::kOk;
  if (name[0] == '\\') return NtStatus::kInvalidParameter;
  if (name[0] == '/') return NtStatus::kObjectNameInvalid;
  // Samba, and so its clients, take both for separators.
  std::replace(name.begin(), name.end(), '/', '\\');
  // A stream's name may not hold a separator, so the last one ends the directories.
  absl::string_view rest(name);
  out->path.reserve(name.size());
  while (!rest.empty()) {
    const size_t separator = rest.find('\\');
    absl::string_view component = rest.substr(0, separator);
    const bool last = separator == absl::string_view::npos;
    rest = last ? absl::string_view() : rest.substr(separator + 1);
    if (!last && rest.empty()) out->must_be_directory = true;
    if (component.empty()) continue;
    if (last && !SplitStream(&component, out)) return NtStatus::kObjectNameInvalid;
    // ":stream" alone is a stream of the root.
    if (component.empty() && out->has_stream && out->path.empty()) break;
    if (component == "..") {
      // Taken by the letter, before anything is looked up: up, but not out of the share.
      if (out->path.empty() || out->has_stream) return NtStatus::kObjectPathSyntaxBad;
      out->path.resize(ParentOf(out->path).size());
      if (last) out->must_be_directory = true;
      continue;
    }
    if (component.empty() || IsDots(component) || AnyIllegal(component) ||
        !FitsComponent(component)) {
      return NtStatus::kObjectNameInvalid;
    }
    if (!out->path.empty()) out->path += '/';
    out->path.append(component.data(), component.size());
  }
  return out->path.size() < limits::path_bytes_max ? NtStatus::kOk : NtStatus::kObjectNameInvalid;
}

NtStatus ParseComponent(absl::Span<const uint8_t> utf16, std::string* out) {
  if (utf16.size() % 2 != 0) return NtStatus::kInvalidParameter;
  if (utf16.size() / 2 > limits::component_utf16_units_max) return NtStatus::kObjectNameInvalid;
  if (!proto::Utf16ToUtf8(utf16, out)) return NtStatus::kObjectNameInvalid;
  const bool legal = !out->empty() && !IsDots(*out) && !AnyIllegal(*out);
  return legal ? NtStatus::kOk : NtStatus::kObjectNameInvalid;
}

void AppendFolded(absl::string_view name, std::string* out) {
  while (!name.empty()) {
    const auto first = static_cast<unsigned char>(name[0]);
    char32_t code_point = first;
    if (first < 0x80) {
      out->push_back(static_cast<char>(UpperCase(first)));
      name.remove_prefix(1);
    } else if (proto::TakeCodePoint(&name, &code_point)) {
      proto::AppendCodePoint(UpperCase(code_point), out);
    } else {
      out->push_back(name[0]);
      name.remove_prefix(1);
    }
  }
}

std::string FoldName(absl::string_view name) {
  std::string folded;
  folded.reserve(name.size());
  AppendFolded(name, &folded);
  return folded;
}

bool SameName(absl::string_view a, absl::string_view b) {
  return a == b || FoldName(a) == FoldName(b);
}

bool IsLegalName(absl::string_view component) {
  if (component.empty()) return false;
  const char last = component.back();
  if (last == '.' || last == ' ') return false;
  return !AnyIllegal(component) && !IsDeviceName(component) && IsUtf8(component);
}

std::string NameForClient(absl::string_view component) {
  return IsLegalName(component) || component.empty() ? std::string(component) : Mangle(component);
}

std::string PathForClient(absl::string_view path) {
  std::string shown;
  shown.reserve(path.size());
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (!shown.empty()) shown += '\\';
    shown += NameForClient(path.substr(0, slash));
    path = slash == absl::string_view::npos ? absl::string_view() : path.substr(slash + 1);
  }
  return shown;
}

std::string LinkTargetForClient(absl::string_view target) {
  if (!target.empty() && target[0] == '/') {
    // One that is not UTF-8 could not be sent at all.
    std::string absolute(IsUtf8(target) ? target : absl::string_view("/"));
    std::replace(absolute.begin(), absolute.end(), '/', '\\');
    return absolute;
  }
  std::string shown;
  for (const absl::string_view component : absl::StrSplit(target, '/')) {
    if (!shown.empty()) shown += '\\';
    shown += IsDots(component) ? std::string(component) : NameForClient(component);
  }
  return shown;
}

std::string ShortNameFor(absl::string_view component) {
  constexpr size_t kStemMax = 8;
  constexpr size_t kExtensionMax = 3;
  if (component.empty()) return std::string();
  const size_t dot = component.find('.');
  const absl::string_view stem = component.substr(0, dot);
  const absl::string_view extension =
      dot == absl::string_view::npos ? absl::string_view() : component.substr(dot + 1);
  const bool short_already =
      !stem.empty() && stem.size() <= kStemMax && extension.size() <= kExtensionMax &&
      (dot == absl::string_view::npos || !extension.empty()) &&
      std::all_of(stem.begin(), stem.end(), IsShortNameCharacter) &&
      std::all_of(extension.begin(), extension.end(), IsShortNameCharacter) &&
      IsLegalName(component);
  return short_already ? std::string(component) : Mangle(component);
}

bool LooksMangled(absl::string_view component) {
  constexpr size_t kStem = 8;
  if (component.size() < kStem || component[6] != '~') return false;
  if (component.size() == kStem) return true;
  return component[kStem] == '.' && component.size() > kStem + 1 && component.size() <= kStem + 4;
}

absl::string_view ParentOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? absl::string_view() : path.substr(0, slash);
}

absl::string_view LeafOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? path : path.substr(slash + 1);
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  if (directory.empty()) return std::string(name);
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path.append(directory.data(), directory.size());
  path += '/';
  path.append(name.data(), name.size());
  return path;
}

}  // namespace sluice::fs
