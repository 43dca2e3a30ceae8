// The page that leaving quickly leads to: a clock and a month in figures. No word on it, so it suits every language.
const two = (n) => String(n).padStart(2, "0");

function tick() {
	const now = new Date();
	const time = `${two(now.getHours())}:${two(now.getMinutes())}`;
	document.getElementById("clock").textContent = time;
	document.getElementById("date").textContent = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
	document.title = time;
}

function month() {
	const now = new Date();
	const before = (new Date(now.getFullYear(), now.getMonth(), 1).getDay() + 6) % 7;
	const days = new Date(now.getFullYear(), now.getMonth() + 1, 0).getDate();
	for (let cell = 0; cell < before + days; cell++) {
		const span = document.createElement("span");
		const day = cell - before + 1;
		if (day > 0) span.textContent = String(day);
		if (day === now.getDate()) span.className = "today";
		document.getElementById("month").append(span);
	}
}

tick();
month();
setInterval(tick, 1000);
