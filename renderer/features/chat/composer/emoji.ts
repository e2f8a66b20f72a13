/** A small set, the ones that service chats use; what the system's own picker has need not be here. */
export const EMOJI = {
  faces: '😊 🙂 😄 😁 😂 🤣 😉 😍 🥰 😘 😋 😎 🤗 🤔 😅 😓 😢 😭 😞 😔 😟 😳 😮 😴 🤒 😷 🥺 😇 🙃 😌 😤 🫣'.split(' '),
  hands: '👍 👌 👏 🙏 🤝 💪 ✌️ 👋 🙌 ☝️ 👉 👈 👇 ✋ 🫶 🤞'.split(' '),
  things: '🎁 🎉 🌹 🌸 ❤️ 💐 ⭐ ✅ ❌ ❗ ❓ 💬 📦 🚚 🧾 💰 🧧 🏷️ ⏰ 📅 📷 🔍 🛒 🏠 🔧 ☎️ 📍 🌧️ ☀️ 🔋 👗 👟 🍵 🍰'.split(
    ' ',
  ),
} as const;
export type EmojiGroup = keyof typeof EMOJI;
