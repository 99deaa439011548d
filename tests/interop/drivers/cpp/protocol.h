// The protocol between the interop run and a driver: one JSON object a line, on standard input and output.
#pragma once

#include <cctype>
#include <map>
#include <stdexcept>
#include <string>

/** A JSON object with its members' paths as names: `oss.origin`, `range.0`. What is null is left out. */
using Members = std::map<std::string, std::string>;

/** Reads what JSON.stringify writes of objects, lists, strings without control characters, numbers and booleans. */
class Reader {
public:
    static Members read(const std::string& line) {
        Reader reader(line);
        reader.value("");
        return reader.members_;
    }

private:
    explicit Reader(const std::string& text) : text_(text) {}

    char next() {
        if (at_ >= text_.size()) throw std::runtime_error("the line of JSON ends too early");
        return text_[at_];
    }

    void expect(char wanted) {
        if (next() != wanted) throw std::runtime_error(std::string("no ") + wanted + " in the line of JSON");
        ++at_;
    }

    std::string string() {
        std::string read;
        for (expect('"'); next() != '"'; ++at_) {
            if (text_[at_] != '\\') {
                read += text_[at_];
                continue;
            }
            ++at_;
            switch (next()) {
                case 'n': read += '\n'; break;
                case 't': read += '\t'; break;
                case 'r': read += '\r'; break;
                case '"': case '\\': case '/': read += text_[at_]; break;
                default: throw std::runtime_error("an escape that no request has");
            }
        }
        ++at_;
        return read;
    }

    void value(const std::string& path) {
        const std::string prefix = path.empty() ? "" : path + ".";
        if (next() == '{') {
            for (++at_; next() != '}';) {
                const std::string name = string();
                expect(':');
                value(prefix + name);
                if (next() == ',') ++at_;
            }
            ++at_;
        } else if (next() == '[') {
            int index = 0;
            for (++at_; next() != ']'; ++index) {
                value(prefix + std::to_string(index));
                if (next() == ',') ++at_;
            }
            ++at_;
        } else if (next() == '"') {
            members_[path] = string();
        } else {
            std::string read;
            while (std::isalnum(static_cast<unsigned char>(next())) || next() == '-' || next() == '.') read += text_[at_++];
            if (read != "null") members_[path] = read;
        }
    }

    const std::string& text_;
    std::size_t at_ = 0;
    Members members_;
};

/** Text as a JSON string. */
inline std::string quoted(const std::string& text) {
    std::string written = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') written += '\\';
        written += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return written + "\"";
}
