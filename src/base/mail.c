#include "base/mail.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const drafts[] = {
	"Drafts", "Draft", "Entwürfe", "Entwurf", "Brouillons", "Brouillon", "Concepten",
	"Borradores", "Borrador", "Bozze", "Rascunhos", "Rascunho", "Wersje robocze", "Kopie robocze",
	"Szkice", "Utkast", "Kladder", "Luonnokset", "Koncepty", "Rozepsané", "Черновики", "Чернетки",
	"Taslaklar", "下書き", "草稿", "草稿箱", "임시 보관함", "임시보관함", "Piszkozatok", "Ciorne", "Πρόχειρα",
	"Borrany", "Esborranys", "Чернови", "Osnutki", "Skice", "Nacrti", "טיוטות", "مسودات",
	"المسودات",
};
static const char *const sent[] = {
	"Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sent-Mail", "Gesendet",
	"Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten", "Gesendete Mails",
	"Postausgang gesendet", "Envoyés", "Éléments envoyés", "Messages envoyés", "Courrier envoyé",
	"Objets envoyés", "Envoyes", "Verzonden", "Verzonden items", "Verzonden berichten",
	"Enviados", "Elementos enviados", "Mensajes enviados", "Correo enviado", "Inviati",
	"Posta inviata", "Elementi inviati", "Messaggi inviati", "Inviata", "Itens enviados",
	"Mensagens enviadas", "E-mails enviados", "Enviadas", "Wysłane", "Elementy wysłane",
	"Wysłane elementy", "Skickat", "Skickade objekt", "Skickade", "Skickade meddelanden", "Sendt",
	"Sendt post", "Sendte elementer", "Sendte e-mails", "Sendte", "Lähetetyt",
	"Lähetetyt viestit", "Odeslané", "Odeslaná pošta", "Odeslané zprávy", "Odoslané",
	"Odoslaná pošta", "Отправленные", "Отправленные элементы", "Исходящие отправленные",
	"Надіслані", "Відправлені", "Надіслані елементи", "Gönderilmiş Öğeler", "Gönderilenler",
	"Gönderilmiş", "Gönderilmiş Postalar", "送信済み", "送信済みアイテム", "送信済みメール", "送信済みトレイ", "已发送",
	"已发送邮件", "已发送消息", "已傳送", "寄件備份", "已寄出", "보낸 편지함", "보낸편지함", "보낸 메일함", "보낸메일함", "Elküldött",
	"Elküldött elemek", "Elküldött üzenetek", "Trimise", "Elemente trimise", "Mesaje trimise",
	"Απεσταλμένα", "Στοιχεία που στάλθηκαν", "Enviats", "Elements enviats", "Изпратени",
	"Poslano", "Poslane", "Poslani elementi", "נשלחו", "דואר שנשלח", "פריטים שנשלחו",
	"البريد المرسل", "المرسل", "العناصر المرسلة", "Đã gửi", "Terkirim",
};
static const char *const trash[] = {
	"Trash", "Deleted", "Deleted Items", "Deleted Messages", "Bin", "Papierkorb", "Gelöscht",
	"Gelöschte Elemente", "Gelöschte Objekte", "Gelöschte Nachrichten", "Corbeille",
	"Éléments supprimés", "Messages supprimés", "Poubelle", "Elements supprimes", "Prullenbak",
	"Prullenmand", "Verwijderd", "Verwijderde items", "Verwijderde berichten", "Papelera",
	"Elementos eliminados", "Mensajes eliminados", "Eliminados", "Papelera de reciclaje",
	"Cestino", "Posta eliminata", "Elementi eliminati", "Eliminata", "Lixo", "Lixeira",
	"Itens excluídos", "Itens eliminados", "Elementos excluídos", "Kosz", "Elementy usunięte",
	"Usunięte elementy", "Usunięte", "Papperskorgen", "Papperskorg", "Borttagna objekt",
	"Borttaget", "Slettet post", "Slettede elementer", "Slettet", "Papirkurv", "Papirkurven",
	"Søppel", "Søppelbøtte", "Roskakori", "Poistetut", "Poistetut viestit", "Koš",
	"Odstraněná pošta", "Smazané", "Kôš", "Odstránené", "Корзина", "Удаленные", "Удалённые",
	"Удаленные элементы", "Удаленные сообщения", "Кошик", "Видалені", "Çöp", "Çöp Kutusu",
	"Silinmiş Öğeler", "Silinenler", "Silinmiş Postalar", "ゴミ箱", "ごみ箱", "削除済みアイテム", "已删除",
	"已删除邮件", "已删除消息", "垃圾桶", "回收站", "废件箱", "刪除的郵件", "已刪除", "휴지통", "지운 편지함", "지운편지함", "Kuka",
	"Lomtár", "Törölt", "Törölt elemek", "Coș de gunoi", "Gunoi", "Șterse", "Elemente șterse",
	"Κάδος", "Κάδος απορριμμάτων", "Διαγραμμένα", "Διεγραμμένα", "Paperera", "Elements suprimits",
	"Кошче", "Изтрити", "Smeće", "Koš za smeće", "Izbrisano", "אשפה", "פריטים שנמחקו", "المهملات",
	"سلة المهملات", "العناصر المحذوفة", "Thùng rác", "Sampah",
};
static const char *const junk[] = {
	"Junk", "Spam", "Junk Mail", "Junk E-mail", "Junk Email", "Bulk Mail", "Bulk", "Junk-E-Mail",
	"Spamverdacht", "Unerwünscht", "Unerwünschte Werbung", "Werbung", "Indésirables",
	"Courrier indésirable", "Pourriel", "Pourriels", "Ongewenst", "Ongewenste e-mail",
	"Ongewenste reclame", "Correo no deseado", "Correo basura", "No deseado",
	"Posta indesiderata", "Indesiderata", "Lixo eletrônico", "Lixo eletrónico",
	"Correio eletrónico não solicitado", "Wiadomości-śmieci", "Niechciane", "Skräppost", "Skräp",
	"Uønsket post", "Uønsket e-post", "Uønsket e-mail", "Søppelpost", "Roskaposti",
	"Nevyžádaná pošta", "Nevyžiadaná pošta", "Спам", "Нежелательная почта", "Нежелательные",
	"Небажана пошта", "Önemsiz", "Önemsiz E-posta", "Gereksiz", "İstenmeyen", "迷惑メール",
	"迷惑メールフォルダ", "垃圾邮件", "垃圾郵件", "스팸", "스팸메일함", "스팸 메일함", "정크 메일", "Levélszemét",
	"Mesaje nedorite", "Ανεπιθύμητη αλληλογραφία", "Ανεπιθύμητα", "Correu brossa", "Brossa",
	"Нежелана поща", "Neželena pošta", "דואר זבל", "البريد غير المرغوب", "بريد غير هام",
};
static const char *const archive[] = {
	"Archive", "Archives", "Archiv", "Archiviert", "Archief", "Archivo", "Archivos", "Archivio",
	"Arquivo", "Arquivados", "Arquivo morto", "Archiwum", "Arkiv", "Arkisto", "Archív", "Архив",
	"Архів", "Arşiv", "アーカイブ", "归档", "存档", "存檔", "封存", "보관함", "보관", "Archívum", "Arhivă",
	"Arhiva", "Αρχείο", "Αρχειοθήκη", "Arxiu", "Arhiv", "ארכיון", "أرشيف", "الأرشيف",
};
/* clang-format on */

#define NAMES(list) list, MEM_COUNT(list)

static const struct mail_role_row roles[ROLES] = {
	[ROLE_NONE] = {.key = "", .folder = "", .rank = 1},
	[ROLE_INBOX] = {.key = "inbox", .label = N_("Inbox"), .folder = "INBOX", .rank = 0},
	[ROLE_DRAFTS] = {.key = "drafts",
		.label = N_("Drafts"),
		.folder = "Drafts",
		.attribute = "Drafts",
		.rank = 2,
		NAMES(drafts)},
	[ROLE_SENT] = {.key = "sent",
		.label = N_("Sent"),
		.folder = "Sent",
		.attribute = "Sent",
		.rank = 3,
		NAMES(sent)},
	[ROLE_TRASH] = {.key = "trash",
		.label = N_("Trash"),
		.folder = "Trash",
		.attribute = "Trash",
		.rank = 6,
		NAMES(trash)},
	[ROLE_JUNK] = {.key = "junk",
		.label = N_("Junk"),
		.folder = "Junk",
		.attribute = "Junk",
		.rank = 5,
		NAMES(junk)},
	[ROLE_ARCHIVE] = {.key = "archive",
		.label = N_("Archive"),
		.folder = "Archive",
		.attribute = "Archive",
		.rank = 4,
		NAMES(archive)},
	[ROLE_ALL] = {.key = "all", .folder = "", .attribute = "All", .rank = 1},
	[ROLE_FLAGGED] = {.key = "flagged", .folder = "", .attribute = "Flagged", .rank = 1},
};

const struct mail_role_row *mail_role_row(enum mail_role role)
{
	return &roles[role];
}

const char *mail_role_label(enum mail_role role, const char *name)
{
	const char *label = roles[role].label;

	return label && !strchr(name, '/') ? _(label) : NULL;
}

enum mail_role mail_role_by_key(const char *key)
{
	enum mail_role role = ROLE_NONE + 1;

	while (role < ROLES && str_icmp(roles[role].key, key) != 0)
		role++;
	return mail_role_of(role);
}

enum mail_role mail_role_by_attribute(const char *attribute)
{
	enum mail_role role = ROLE_NONE + 1;

	while (role < ROLES &&
		(!roles[role].attribute || str_icmp(roles[role].attribute, attribute) != 0))
		role++;
	return mail_role_of(role);
}

static bool is_same(const char *folded, const char *name)
{
	char *other = utf8_fold(name, strlen(name));
	bool same = strcmp(folded, other) == 0;

	free(other);
	return same;
}

enum mail_role mail_role_by_name(const char *name)
{
	char *folded = utf8_fold(name, strlen(name));
	enum mail_role found = ROLE_NONE;

	for (enum mail_role role = ROLE_NONE; role < ROLES && found == ROLE_NONE; role++)
		for (size_t k = 0; k < roles[role].n && found == ROLE_NONE; k++)
			if (is_same(folded, roles[role].names[k]))
				found = role;
	free(folded);
	return found;
}
