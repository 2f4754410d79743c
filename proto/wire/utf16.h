// UTF-16LE, as names are on the wire, to and from UTF-8, as they are everywhere else.
//
// NTFS names may hold unpaired surrogates. They become the three bytes that UTF-8 would use for
// such a code point if it could (WTF-8) and come back as they were; apart from that the UTF-8 side
// is strict: no overlong forms, nothing above U+10FFFF, no pair of surrogates written as two.
#ifndef SLUICE_PROTO_WIRE_UTF16_H_
#define SLUICE_PROTO_WIRE_UTF16_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// Replaces `*utf8`. False for an odd number of bytes. NUL is a character like any other.
bool Utf16ToUtf8(absl::Span<const uint8_t> utf16, std::string* utf8);

// Replaces `*utf16`. False for invalid UTF-8.
bool Utf8ToUtf16(absl::string_view utf8, std::vector<uint8_t>* utf16);

// Appends to `writer`. False for invalid UTF-8 or when the writer has overflown; what was appended
// until then stays.
bool WriteUtf16(absl::string_view utf8, Writer& writer);

// Bytes that `utf8` takes in UTF-16; what follows invalid UTF-8 is not counted.
size_t Utf16Bytes(absl::string_view utf8);

// Takes the first code point (or unpaired surrogate) off `*utf8`. False at the end or for invalid
// UTF-8.
bool TakeCodePoint(absl::string_view* utf8, char32_t* code_point);

// REQUIRES: code_point <= 0x10FFFF.
void AppendCodePoint(char32_t code_point, std::string* utf8);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_WIRE_UTF16_H_
