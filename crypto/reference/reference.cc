#include "crypto/reference/reference.h"

#include <algorithm>

#include "crypto/reference/aes.h"

namespace sluice::crypto::reference {
namespace {

Block LoadBlock(View bytes) {
  Block block{};
  std::copy_n(bytes.begin(), std::min<size_t>(16, bytes.size()), block.begin());
  return block;
}

Block Xor(Block a, const Block& b) {
  for (size_t i = 0; i < 16; ++i) a[i] ^= b[i];
  return a;
}

void StoreBigEndian(uint64_t value, size_t size, uint8_t* out) {
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(value >> 8 * (size - 1 - i));
}

// Doubling in GF(2^128) as CMAC has it: the first byte is the most significant.
Block Double(const Block& block) {
  Block doubled;
  for (size_t i = 0; i < 16; ++i) {
    doubled[i] = static_cast<uint8_t>(block[i] << 1 | (i + 1 < 16 ? block[i + 1] >> 7 : 0));
  }
  if ((block[0] & 0x80) != 0) doubled[15] ^= 0x87;
  return doubled;
}

// XORs the key stream that starts at `counter` over `text`. The last `counter_bytes` of the block
// count up.
Bytes CounterMode(const Aes& aes, Block counter, size_t counter_bytes, View text) {
  Bytes out(text.begin(), text.end());
  for (size_t at = 0; at < out.size(); at += 16) {
    const Block stream = aes.Encrypt(counter);
    for (size_t i = 0; i < 16 && at + i < out.size(); ++i) out[at + i] ^= stream[i];
    for (size_t i = 15; i >= 16 - counter_bytes; --i) {
      if (++counter[i] != 0) break;
    }
  }
  return out;
}

// [SP800-38C] A.3.
Block CcmCounter(View nonce, uint64_t value) {
  Block counter{};
  const size_t counter_bytes = 15 - nonce.size();
  counter[0] = static_cast<uint8_t>(counter_bytes - 1);
  std::copy(nonce.begin(), nonce.end(), counter.begin() + 1);
  StoreBigEndian(value, counter_bytes, &counter[16 - counter_bytes]);
  return counter;
}

void AppendPadded(Bytes* out, View bytes) {
  out->insert(out->end(), bytes.begin(), bytes.end());
  out->resize((out->size() + 15) / 16 * 16);
}

// [SP800-38C] A.2 and 6.1.
Bytes CcmTag(const Aes& aes, View nonce, View associated_data, View plain, size_t tag_bytes) {
  const size_t length_bytes = 15 - nonce.size();
  Bytes formatted(16);
  formatted[0] = static_cast<uint8_t>((associated_data.empty() ? 0 : 0x40) |
                                      (tag_bytes - 2) / 2 << 3 | (length_bytes - 1));
  std::copy(nonce.begin(), nonce.end(), formatted.begin() + 1);
  StoreBigEndian(plain.size(), length_bytes, &formatted[16 - length_bytes]);
  if (!associated_data.empty()) {
    Bytes with_length(2);
    StoreBigEndian(associated_data.size(), 2, with_length.data());
    with_length.insert(with_length.end(), associated_data.begin(), associated_data.end());
    AppendPadded(&formatted, with_length);
  }
  AppendPadded(&formatted, plain);
  Block mac{};
  for (size_t at = 0; at < formatted.size(); at += 16) {
    mac = aes.Encrypt(Xor(mac, LoadBlock(View(formatted).subspan(at))));
  }
  mac = Xor(mac, aes.Encrypt(CcmCounter(nonce, 0)));
  return Bytes(mac.begin(), mac.begin() + tag_bytes);
}

// Multiplication in GF(2^128) as GCM has it, [SP800-38D] 6.3, on the two big-endian halves.
struct Element {
  uint64_t high = 0;
  uint64_t low = 0;
};

Element LoadElement(const Block& block) {
  Element element;
  for (size_t i = 0; i < 8; ++i) {
    element.high = element.high << 8 | block[i];
    element.low = element.low << 8 | block[8 + i];
  }
  return element;
}

Element Multiply(const Element& x, Element v) {
  Element z;
  for (int i = 0; i < 128; ++i) {
    const uint64_t bit = i < 64 ? x.high >> (63 - i) & 1 : x.low >> (127 - i) & 1;
    const uint64_t mask = ~(bit - 1);
    z.high ^= v.high & mask;
    z.low ^= v.low & mask;
    const uint64_t reduce = ~((v.low & 1) - 1) & 0xe100000000000000;
    v.low = v.low >> 1 | v.high << 63;
    v.high = v.high >> 1 ^ reduce;
  }
  return z;
}

void GhashUpdate(const Element& h, View bytes, Element* y) {
  for (size_t at = 0; at < bytes.size(); at += 16) {
    const Element x = LoadElement(LoadBlock(bytes.subspan(at)));
    *y = Multiply({y->high ^ x.high, y->low ^ x.low}, h);
  }
}

Bytes GcmTag(const Aes& aes, const Block& first_counter, View associated_data, View cipher_text) {
  const Element h = LoadElement(aes.Encrypt(Block{}));
  Element y;
  GhashUpdate(h, associated_data, &y);
  GhashUpdate(h, cipher_text, &y);
  y.high ^= associated_data.size() * 8;
  y.low ^= cipher_text.size() * 8;
  y = Multiply(y, h);
  Block tag;
  StoreBigEndian(y.high, 8, &tag[0]);
  StoreBigEndian(y.low, 8, &tag[8]);
  tag = Xor(tag, aes.Encrypt(first_counter));
  return Bytes(tag.begin(), tag.end());
}

Block GcmCounter(View nonce, uint32_t value) {
  Block counter = LoadBlock(nonce);
  StoreBigEndian(value, 4, &counter[12]);
  return counter;
}

}  // namespace

Bytes Cmac(View key, View message) {
  const Aes aes(key);
  const Block subkey1 = Double(aes.Encrypt(Block{}));
  const Block subkey2 = Double(subkey1);
  Block mac{};
  while (message.size() > 16) {
    mac = aes.Encrypt(Xor(mac, LoadBlock(message)));
    message.remove_prefix(16);
  }
  Block last = LoadBlock(message);
  if (message.size() == 16) {
    last = Xor(last, subkey1);
  } else {
    last[message.size()] = 0x80;
    last = Xor(last, subkey2);
  }
  mac = aes.Encrypt(Xor(mac, last));
  return Bytes(mac.begin(), mac.end());
}

Sealed CcmSeal(View key, View nonce, View associated_data, View plain, size_t tag_bytes) {
  const Aes aes(key);
  return {CounterMode(aes, CcmCounter(nonce, 1), 15 - nonce.size(), plain),
          CcmTag(aes, nonce, associated_data, plain, tag_bytes)};
}

Bytes CcmOpen(View key, View nonce, View associated_data, View cipher_text, size_t tag_bytes,
              Bytes* tag) {
  const Aes aes(key);
  Bytes plain = CounterMode(aes, CcmCounter(nonce, 1), 15 - nonce.size(), cipher_text);
  *tag = CcmTag(aes, nonce, associated_data, plain, tag_bytes);
  return plain;
}

Sealed GcmSeal(View key, View nonce, View associated_data, View plain) {
  const Aes aes(key);
  Sealed sealed;
  sealed.text = CounterMode(aes, GcmCounter(nonce, 2), 4, plain);
  sealed.tag = GcmTag(aes, GcmCounter(nonce, 1), associated_data, sealed.text);
  return sealed;
}

Bytes GcmOpen(View key, View nonce, View associated_data, View cipher_text, Bytes* tag) {
  const Aes aes(key);
  *tag = GcmTag(aes, GcmCounter(nonce, 1), associated_data, cipher_text);
  return CounterMode(aes, GcmCounter(nonce, 2), 4, cipher_text);
}

Bytes Sign(SigningAlgorithm algorithm, View key, View nonce, View message) {
  switch (algorithm) {
    case SigningAlgorithm::kHmacSha256: {
      Bytes mac = HmacSha256(key, message);
      mac.resize(kSignatureBytes);
      return mac;
    }
    case SigningAlgorithm::kAes128Cmac:
      return Cmac(key, message);
    case SigningAlgorithm::kAes128Gmac:
      return GcmSeal(key, nonce, message, {}).tag;
  }
  return {};
}

Sealed Seal(Cipher cipher, View key, View nonce, View associated_data, View plain) {
  if (CipherNonceBytes(cipher) == 11) {
    return CcmSeal(key, nonce.subspan(0, 11), associated_data, plain, kSignatureBytes);
  }
  return GcmSeal(key, nonce, associated_data, plain);
}

}  // namespace sluice::crypto::reference
