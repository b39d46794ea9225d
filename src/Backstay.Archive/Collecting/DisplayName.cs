using System.Buffers;
using System.Text;

namespace Backstay.Archive;

/// <summary>Names are bytes. For people they become text that can't be mistaken and does no harm in a terminal.</summary>
internal static class DisplayName
{
    private const int MaxBytes = 1024;

    /// <summary>UTF-8 as text; other bytes, control characters and the backslash as <c>\xHH</c>; cut after 1 KiB.</summary>
    public static string Of(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(Math.Min(name.Length, MaxBytes));
        ReadOnlySpan<byte> rest = name[..Math.Min(name.Length, MaxBytes)];
        while (!rest.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(rest, out Rune rune, out int used);
            if (status == OperationStatus.Done && !Rune.IsControl(rune) && rune.Value != '\\')
                text.Append(rune.ToString());
            else
            {
                foreach (byte b in rest[..used])
                    text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{b:x2}");
            }
            rest = rest[used..];
        }
        if (name.Length > MaxBytes)
            text.Append('…');
        return text.ToString();
    }
}
